"""For the reference: the arguments of classes that attrs and pydantic write `__init__` for."""

from __future__ import annotations

from typing import Any

import griffe

DECORATORS = ("frozen", "define")
PYDANTIC = ("BaseRetriever", "BaseMemoryBlock")
"""Models of frameworks, whose fields are keyword arguments."""


class Attrs(griffe.Extension):
    """Gives each such class the `__init__` that it gets when it is imported."""

    def on_class_members(self, *, cls: griffe.Class, **_: Any) -> None:
        """Called once the members of a class are known."""
        decorators = [str(each.value) for each in cls.decorators]
        ours = [each for each in decorators if each.partition("(")[0] in DECORATORS]
        model = any(str(base).partition("[")[0] in PYDANTIC for base in cls.bases)
        if not (ours or model) or "__init__" in cls.members:
            return
        keyword_only = model or "kw_only=True" in ours[0].replace(" ", "")
        kind = griffe.ParameterKind
        parameters = [griffe.Parameter("self", kind=kind.positional_or_keyword)]
        for name, member in cls.members.items():
            if not isinstance(member, griffe.Attribute) or member.annotation is None:
                continue
            if "property" in member.labels or str(member.annotation).startswith("ClassVar"):
                continue
            parameters.append(
                griffe.Parameter(
                    name,
                    annotation=member.annotation,
                    kind=kind.keyword_only if keyword_only else kind.positional_or_keyword,
                    default=_default(member.value),
                )
            )
        made = griffe.Function("__init__", parameters=griffe.Parameters(*parameters), parent=cls)
        made.returns = "None"
        cls.set_member("__init__", made)


def _default(value: Any) -> Any:
    """The default that a class attribute stands for; None if it has none."""
    if not isinstance(value, griffe.ExprCall) or str(value.function) != "field":
        return value
    for argument in value.arguments:
        if isinstance(argument, griffe.ExprKeyword) and argument.name in ("default", "factory"):
            return argument.value
    return None
