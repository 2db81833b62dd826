"""The contract at work: which operation a request means, and whether its parts are what the
contract says.

Routing and validation are read from the same OpenAPI document that the client was generated from,
so the embedded controller cannot drift from what it is asked to be.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import cached_property
from importlib.resources import files
from typing import Any
from urllib.parse import unquote

import jsonschema_rs
from attrs import field, frozen

from sekha_api.types import Request

_SURROGATE_ESCAPE = re.compile(rb"\\u[dD][89a-fA-F]")


class ContractViolation(Exception):
    """A request that the contract does not allow: the status to answer with, and why."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason


class NoSuchRoute(ContractViolation):
    """404: no operation has this path."""

    def __init__(self) -> None:
        super().__init__(404, "no such path")


class MethodNotAllowed(ContractViolation):
    """405: the path exists, for other methods."""

    def __init__(self, allowed: list[str]) -> None:
        super().__init__(405, "no such method")
        self.allowed = allowed


class InvalidChoice(ContractViolation):
    """400, as JSON: a text that is none of those listed (compatibility row 27)."""

    def __init__(self, name: str, choices: list[str]) -> None:
        listed = ", ".join(choices[:-1]) + f", or {choices[-1]}"
        super().__init__(400, f"Invalid {name}: must be {listed}")


@frozen(slots=False)
class Call:
    """A request that keeps the contract: its parts by name, in their JSON types."""

    operation: Operation
    path: Mapping[str, Any]
    query: Mapping[str, Any]
    body: Any


@frozen(slots=False)
class Operation:
    """One operation of the contract.

    Attributes:
        answers: its documented statuses, each with whether it has a body.
    """

    id: str
    tag: str
    method: str
    answers: Mapping[int, bool]
    path_parameters: Mapping[str, _Parameter]
    query_parameters: Mapping[str, _Parameter]
    body: _Body | None

    def read(self, request: Request, path_values: Mapping[str, str]) -> Call:
        """Check every part of a request and give its values.

        Raises:
            ContractViolation: in the order in which the controller looks: path and query (400),
                media type (415), syntax (400), then what the body says (422).
        """
        path = {name: self.path_parameters[name].read(text) for name, text in path_values.items()}
        query = {
            name: parameter.read(request.params[name])
            for name, parameter in self.query_parameters.items()
            if name in request.params
        }
        body = None if self.body is None else self.body.read(request)
        return Call(self, path, query, body)


@frozen(slots=False)
class _Parameter:
    name: str
    schema: Mapping[str, Any]
    _document: Mapping[str, Any] = field(repr=False)

    def read(self, text: str) -> Any:
        value: Any = text
        kind = self.schema.get("type")
        if kind == "integer" and re.fullmatch(r"[+-]?[0-9]{1,20}", text, re.ASCII):
            value = int(text)
        elif kind == "boolean" and text in ("true", "false"):
            value = text == "true"
        error = next(self._validator.iter_errors(value), None)
        if error is not None:
            raise ContractViolation(400, f"Invalid {self.name}: {error.message}")
        return value

    @cached_property
    def _validator(self) -> jsonschema_rs.Draft202012Validator:
        return _validator(self.schema, self._document)


@frozen(slots=False)
class _Body:
    schema: Mapping[str, Any]
    _document: Mapping[str, Any] = field(repr=False)

    def read(self, request: Request) -> Any:
        headers = {name.lower(): value for name, value in request.headers.items()}
        if not _is_json(headers.get("content-type", "")):
            raise ContractViolation(
                415, "The body must come with the content type application/json"
            )
        value = _parse_json(request.content or b"")
        try:
            error = next(self._validator.iter_errors(value), None)
        except ValueError as too_deep:
            raise ContractViolation(422, f"The body cannot be checked: {too_deep}") from too_deep
        if error is not None:
            self._refuse(error)
        return value

    def _refuse(self, error: jsonschema_rs.ValidationError) -> None:
        where = ".".join(str(part) for part in error.instance_path)
        if isinstance(error.kind, jsonschema_rs.ValidationErrorKind.Enum) and isinstance(
            error.instance, str
        ):
            raise InvalidChoice(where, [str(option) for option in error.kind.options])
        raise ContractViolation(
            422, f"The body does not fit: {where + ': ' if where else ''}{error.message}"
        )

    @cached_property
    def _validator(self) -> jsonschema_rs.Draft202012Validator:
        return _validator(self.schema, self._document)


class Contract:
    """The operations of an OpenAPI 3.1 document, found by method and path."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self.operations: dict[str, Operation] = {}
        self._exact: dict[str, dict[str, Operation]] = {}
        self._templates: list[tuple[re.Pattern[str], dict[str, Operation]]] = []
        for template, item in document["paths"].items():
            by_method = {}
            for method in ("get", "put", "post", "delete", "patch", "head", "options"):
                if method in item:
                    operation = _operation(
                        document, method.upper(), item[method], item.get("parameters", [])
                    )
                    by_method[operation.method] = operation
                    self.operations[operation.id] = operation
            if "{" in template:
                pattern = re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>[^/]+)", re.escape(template))
                self._templates.append((re.compile(pattern), by_method))
            else:
                self._exact[template] = by_method

    @classmethod
    def load(cls) -> Contract:
        """The contract that this package's client was generated from."""
        return cls(json.loads((files("sekha_api") / "openapi.json").read_bytes()))

    def match(self, method: str, path: str) -> tuple[Operation, dict[str, str]]:
        """The operation that a request line means, and the decoded values in its path.

        Raises:
            NoSuchRoute: no operation has the path.
            MethodNotAllowed: some have it, but for other methods.
        """
        by_method, values = self._find(path)
        operation = by_method.get(method.upper())
        if operation is None:
            raise MethodNotAllowed(sorted(by_method))
        return operation, values

    def _find(self, path: str) -> tuple[dict[str, Operation], dict[str, str]]:
        exact = self._exact.get(path)
        if exact is not None:
            return exact, {}
        for pattern, by_method in self._templates:
            match = pattern.fullmatch(path)
            if match is not None:
                return by_method, {name: unquote(text) for name, text in match.groupdict().items()}
        raise NoSuchRoute()


def _operation(
    document: Mapping[str, Any],
    method: str,
    item: Mapping[str, Any],
    shared: list[Mapping[str, Any]],
) -> Operation:
    found: dict[str, dict[str, _Parameter]] = {"path": {}, "query": {}}
    for reference in [*shared, *item.get("parameters", [])]:
        parameter = _resolve(document, reference)
        schema = _resolve(document, parameter["schema"])
        name = parameter["name"]
        found[parameter["in"]][name] = _Parameter(name, schema, document)
    body = None
    if "requestBody" in item:
        content = _resolve(document, item["requestBody"])["content"]
        body = _Body(content["application/json"]["schema"], document)
    return Operation(
        id=item["operationId"],
        tag=item["tags"][0],
        method=method,
        answers={
            int(status): "content" in _resolve(document, response)
            for status, response in item["responses"].items()
        },
        path_parameters=found["path"],
        query_parameters=found["query"],
        body=body,
    )


def _resolve(document: Mapping[str, Any], node: Mapping[str, Any]) -> Mapping[str, Any]:
    while "$ref" in node:
        target: Any = document
        for part in node["$ref"].removeprefix("#/").split("/"):
            target = target[part]
        node = target
    return node


def _validator(
    schema: Mapping[str, Any], document: Mapping[str, Any]
) -> jsonschema_rs.Draft202012Validator:
    # mask: a refusal must not repeat what the user stored.
    return jsonschema_rs.Draft202012Validator(
        {**schema, "components": {"schemas": document["components"]["schemas"]}}, mask="The value"
    )


def _is_json(content_type: str) -> bool:
    media_type = content_type.partition(";")[0].strip().lower()
    return media_type == "application/json" or (
        media_type.startswith("application/") and media_type.endswith("+json")
    )


def _parse_json(content: bytes) -> Any:
    try:
        text = content.decode("utf-8")
        value = json.loads(text, parse_constant=_refuse_constant)
        if _SURROGATE_ESCAPE.search(content):
            # An escaped half of a pair is JSON to Python's parser, but no text that could be
            # stored.
            json.dumps(value, ensure_ascii=False).encode("utf-8")
    except (ValueError, RecursionError) as error:
        raise ContractViolation(400, f"The body is not JSON: {error}") from error
    return value


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON number")
