"""JSON of successful answers, validated against the contract.

Nothing is made of an answer before it has passed here: whatever a peer sends, what follows stands
on values of the types that the contract promises. What the contract does not know is let pass, for
it grows by optional fields.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import cache
from itertools import chain
from math import isfinite
from operator import itemgetter
from typing import Any, NoReturn, Self

from attrs import define, field

from sekha_api.results import RESULTS, SCHEMAS
from sekha_api.types import RawResponse, encode_json

MAX_DEPTH = 100
"""How deep what is free-form may be nested."""
_LARGEST = 2**63
"""Whole numbers are below it, either way: more fits neither SQLite nor a float's exactness."""

_Check = Callable[[Any], None]
_PLAIN = {"string": str, "boolean": bool, "null": type(None)}
_NAMES = {dict: "an object", list: "a list", str: "text", bool: "a boolean", type(None): "null"}


class Mismatch(ValueError):
    """An answer is not what the contract, or the request, says; the text tells in what, and holds
    nothing of the answer."""


@define
class ValidatedResponse(RawResponse):
    """A success whose JSON has been read and validated."""

    _value: Any = field(repr=False)

    def json(self) -> Any:
        return self._value


class BuiltResponse(RawResponse):
    """An answer that was built in this process from the contract's own models: its JSON is at hand,
    and is written only for who asks for its bytes."""

    __slots__ = ("value",)
    value: Any

    @classmethod
    def of(cls, status: int, headers: Mapping[str, str], value: Any) -> Self:
        """
        Args:
            value: of JSON's types, and nobody else's: who reads the answer may keep parts of it.
        """
        response = cls.__new__(cls)
        response.status_code, response.headers, response.value = status, headers, value
        return response

    def __getattr__(self, name: str) -> bytes:
        # Only for what is not set: the bytes, before somebody asks for them.
        if name != "content":
            raise AttributeError(name)
        content = self.content = encode_json(self.value)
        return content


def validated(name: str, response: RawResponse) -> RawResponse:
    """A success as its operation may be answered with.

    Args:
        name: the operation; of one that the contract does not have, any JSON is taken.

    Raises:
        Mismatch: it is none.
    """
    expected: Any = {}
    if (results := RESULTS.get(name)) is not None:
        if response.status_code not in results:
            raise Mismatch(f"an undocumented status, {response.status_code}")
        expected = results[response.status_code]
    if expected is None or expected == "text":
        _require_own_body(expected, response)
        return response
    if isinstance(response, BuiltResponse) and hasattr(response, "value"):
        # What was built from the contract's models need not be held against the contract.
        return ValidatedResponse(response.status_code, response.headers, b"", response.value)
    value = decoded(response.content)
    try:
        _checks(name, response.status_code)(value)
    except _Wrong as wrong:
        raise Mismatch(f"a body that is not what was documented ({wrong})") from None
    except RecursionError:
        raise Mismatch("a body that is not what was documented (nested too deep)") from None
    return ValidatedResponse(response.status_code, response.headers, response.content, value)


def decoded(content: bytes) -> Any:
    """The JSON of a body.

    Raises:
        Mismatch: it is none, or none that can be handed on: half of a character, a number that is
            none, nesting without end.
    """
    try:
        text = content.decode("utf-8-sig")
        value = _DECODER.decode(text)
        if "\\ud" in text or "\\uD" in text:
            # Escapes can spell half of a character, which no text that is sent or written can hold.
            json.dumps(value, ensure_ascii=False).encode()
    except RecursionError:
        raise Mismatch("a body that is not what was documented (nested too deep)") from None
    except ValueError:
        raise Mismatch("a body that is not what was documented (no JSON)") from None
    return value


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(name)


_DECODER = json.JSONDecoder(parse_constant=_refuse_constant)


def _require_own_body(expected: str | None, response: RawResponse) -> None:
    """A success that any body would pass for can come from something else, such as the page on
    which a network asks to sign in: taken for a success, the change would be lost."""
    if expected is None:
        foreign = bool(response.content.strip())
    else:
        foreign = "text/plain" not in response.headers.get("content-type", "")
    if foreign:
        raise Mismatch("a body that no controller answers with")


class _Wrong(Exception):
    """A value is of another type; the text says which, where."""


def _wrong(expected: str, value: object) -> _Wrong:
    return _Wrong(f": {expected} is needed, not {_NAMES.get(type(value), 'a number')}")


@cache
def _checks(name: str, status: int) -> _Check:
    """The check of an operation's answers."""
    schema = RESULTS.get(name, {}).get(status)
    return _any if schema is None else _compiled(schema)


def _any(value: object) -> None:
    pass


@cache
def _named(name: str) -> _Check:
    return _compiled(SCHEMAS[name])


def _compiled(schema: Mapping[str, Any]) -> _Check:
    if "$ref" in schema:
        return _named(schema["$ref"])
    if "anyOf" in schema:
        return _optional(schema["anyOf"])
    kind = schema.get("type")
    if kind == "object":
        return _object(schema) if "properties" in schema else _free_form
    if kind == "array":
        return _array(schema["items"])
    if kind == "integer":
        return _integer
    if kind == "number":
        return _number
    return _scalar(_kinds(schema))


def _kinds(schema: Mapping[str, Any]) -> frozenset[type] | None:
    """The Python types of a schema that is met by types alone."""
    kind = schema.get("type", ())
    kinds = [kind] if isinstance(kind, str) else kind
    if not kinds or not all(each in _PLAIN for each in kinds):
        return None
    return frozenset(_PLAIN[each] for each in kinds)


def _scalar(kinds: frozenset[type] | None) -> _Check:
    if kinds is None:
        return _any
    expected = " or ".join(sorted(_NAMES[kind] for kind in kinds))

    def check(value: object) -> None:
        if type(value) not in kinds:
            raise _wrong(expected, value)

    return check


def _object(schema: Mapping[str, Any]) -> _Check:
    required = frozenset(schema.get("required", ()))
    properties = schema["properties"]
    # One loop for the many that are met by their type: a list has thousands of them.
    plain = [(name, kinds) for name, each in properties.items() if (kinds := _kinds(each))]
    others = [(name, _compiled(each)) for name, each in properties.items() if not _kinds(each)]

    def check(value: Any) -> None:
        if type(value) is not dict:
            raise _wrong("an object", value)
        for name, kinds in plain:
            if name in value:
                if type(value[name]) not in kinds:
                    _fail(name, _scalar(kinds), value[name])
            elif name in required:
                raise _Wrong(f".{name} is missing")
        for name, inner in others:
            if name in value:
                try:
                    inner(value[name])
                except _Wrong as wrong:
                    raise _Wrong(f".{name}{wrong}") from None
            elif name in required:
                raise _Wrong(f".{name} is missing")

    return check


def _fail(name: str, inner: _Check, value: object) -> None:
    try:
        inner(value)
    except _Wrong as wrong:
        raise _Wrong(f".{name}{wrong}") from None


def _array(items: Mapping[str, Any]) -> _Check:
    inner = _compiled(items)
    all_pass = _columns(items)

    def check(value: object) -> None:
        if type(value) is not list:
            raise _wrong("a list", value)
        if all_pass is not None and all_pass(value):
            return
        index = 0
        try:
            for each in value:
                inner(each)
                index += 1
        except _Wrong as wrong:
            raise _Wrong(f"[{index}]{wrong}") from None

    return check


def _columns(items: Mapping[str, Any]) -> Callable[[list[Any]], bool] | None:
    """Whether a list's objects all pass, told property by property instead of object by object,
    which takes a third of the time: a list has thousands. None where the items are no objects."""
    schema = SCHEMAS[items["$ref"]] if "$ref" in items else items
    if "properties" not in schema:
        return None
    required = frozenset(schema.get("required", ()))
    properties = {name: _column(each) for name, each in schema["properties"].items()}
    columns = [(itemgetter(name), properties[name]) for name in required]
    optional = [(name, passes) for name, passes in properties.items() if name not in required]

    def all_pass(value: list[Any]) -> bool:
        try:
            if not _DICTS.issuperset(map(type, value)):
                return False
            for get, passes in columns:
                if not passes(list(map(get, value))):
                    return False
            told = frozenset(chain.from_iterable(value)) if optional else frozenset()
            return all(
                passes([each[name] for each in value if name in each])
                for name, passes in optional
                if name in told
            )
        except (KeyError, OverflowError, _Wrong):
            return False

    return all_pass


_DICTS = frozenset({dict})
_INTS = frozenset({int})
_NUMBERS = frozenset({int, float})


def _column(schema: Mapping[str, Any]) -> Callable[[list[Any]], bool]:
    kinds = _kinds(schema)
    if kinds is not None:
        return lambda column: kinds.issuperset(map(type, column))
    if schema.get("type") == "integer":
        return lambda column: _INTS.issuperset(map(type, column)) and all(map(_is_small, column))
    if schema.get("type") == "number":
        return lambda column: _NUMBERS.issuperset(map(type, column)) and all(map(isfinite, column))
    inner = _compiled(schema)
    if inner is _free_form:
        return _free_forms

    def passes(column: list[Any]) -> bool:
        for each in column:
            inner(each)
        return True

    return passes


def _free_forms(column: list[Any]) -> bool:
    if not _DICTS.issuperset(map(type, column)):
        return False
    kinds = set(map(type, chain.from_iterable(map(dict.values, column))))
    if not kinds.isdisjoint(_NOT_PLAIN):
        for each in column:
            _free_form(each)
    return True


def _is_small(value: int) -> bool:
    return -_LARGEST <= value < _LARGEST


def _optional(choices: list[Mapping[str, Any]]) -> _Check:
    """Null, or the one other choice."""
    (inner,) = [_compiled(each) for each in choices if each.get("type") != "null"]

    def check(value: object) -> None:
        if value is not None:
            inner(value)

    return check


def _integer(value: object) -> None:
    if type(value) is not int or not -_LARGEST <= value < _LARGEST:
        raise _wrong("a whole number", value)


def _number(value: object) -> None:
    if type(value) is float:
        if isfinite(value):
            return
    elif type(value) is int and -_LARGEST <= value < _LARGEST:
        return
    raise _wrong("a number", value)


def _free_form(value: object) -> None:
    if type(value) is not dict:
        raise _wrong("an object", value)
    for each in value.values():
        if type(each) in _NOT_PLAIN:
            _require_tame(each, MAX_DEPTH)


_NOT_PLAIN = frozenset({dict, list, float})


def _require_tame(value: object, depth: int) -> None:
    """What nobody knows beforehand: it can at least be walked through, and written as JSON."""
    if depth == 0:
        raise _Wrong(" is nested too deep")
    if type(value) is dict:
        for each in value.values():
            _require_tame(each, depth - 1)
    elif type(value) is list:
        for each in value:
            _require_tame(each, depth - 1)
    elif type(value) is float and not isfinite(value):
        raise _wrong("a number", value)
