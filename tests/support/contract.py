"""Whether an exchange is what openapi.yaml says: the checks, without any test."""

from __future__ import annotations

import copy
import json
import re
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import jsonschema_rs
import yaml

ROOT = Path(__file__).resolve().parents[2]
EXCHANGES = ROOT / "cassettes" / "exchanges"
JSON = "application/json"


class Operation(NamedTuple):
    tag: str
    name: str
    method: str
    path: str
    spec: dict[str, Any]
    parameters: list[dict[str, Any]]


class Violation(AssertionError):
    """An exchange that is not what the contract says."""


@cache
def spec() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((ROOT / "openapi.yaml").read_text(encoding="utf-8"))
    return loaded


def resolve(node: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in node:
        target: Any = spec()
        for part in node["$ref"].removeprefix("#/").split("/"):
            target = target[part]
        node = target
    return node


@cache
def operations() -> list[Operation]:
    return [
        Operation(
            tag=operation["tags"][0],
            name=operation["operationId"],
            method=method.upper(),
            path=path,
            spec=operation,
            parameters=[
                resolve(each)
                for each in item.get("parameters", []) + operation.get("parameters", [])
            ],
        )
        for path, item in spec()["paths"].items()
        for method, operation in item.items()
        if method != "parameters"
    ]


def exchanges(*files: str) -> list[dict[str, Any]]:
    return [
        exchange
        for file in files or ("full-stack", "degraded")
        for exchange in json.loads((EXCHANGES / f"{file}.json").read_text(encoding="utf-8"))
    ]


def exchange_named(name: str) -> dict[str, Any]:
    (found,) = (each for each in exchanges() if each["name"] == name)
    return copy.deepcopy(found)


def find_operation(request: dict[str, Any]) -> tuple[Operation, dict[str, str]] | None:
    """The operation of a request with its path parameters; a literal path wins over a template."""
    for operation in sorted(operations(), key=lambda each: "{" in each.path):
        template = re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", operation.path)
        match = re.fullmatch(template, request["path"])
        if match and operation.method == request["method"]:
            return operation, match.groupdict()
    return None


def check_schema(schema: dict[str, Any], value: Any, where: str) -> None:
    validator = jsonschema_rs.Draft202012Validator({**schema, "components": spec()["components"]})
    for error in validator.iter_errors(value):
        raise Violation(f"{where}: {error.message}")


def check_request(exchange: dict[str, Any]) -> None:
    request = exchange["request"]
    found = find_operation(request)
    if found is None:
        raise Violation("no such operation")
    operation, path_values = found
    given = {"path": path_values, "query": request.get("query", {})}
    for place, values in given.items():
        documented = {p["name"]: p for p in operation.parameters if p["in"] == place}
        for name, value in values.items():
            if name not in documented:
                raise Violation(f"no {place} parameter {name}")
            check_schema(documented[name]["schema"], value, f"{place} parameter {name}")
    body = operation.spec.get("requestBody")
    if body is None:
        if "content_type" in request:
            raise Violation("a body where none is documented")
        return
    if request.get("content_type") not in body["content"]:
        raise Violation("undocumented request content type")
    if "body" not in request:
        raise Violation("the request body is not JSON")
    check_schema(body["content"][JSON]["schema"], request["body"], "request body")


def check_response(exchange: dict[str, Any]) -> None:
    found = find_operation(exchange["request"])
    if found is None:
        raise Violation("no such operation")
    response = exchange["response"]
    documented = found[0].spec["responses"].get(str(response["status"]))
    if documented is None:
        raise Violation(f"undocumented status {response['status']}")
    content = resolve(documented).get("content", {})
    content_type = response["headers"].get("content-type")
    body = response["body"]
    if not content:
        if body is not None or content_type is not None:
            raise Violation("a body where none is documented")
        return
    media_type = (content_type or "").split(";")[0]
    if media_type not in content:
        raise Violation(f"undocumented content type {content_type}")
    check_schema(content[media_type]["schema"], body, "response body")
