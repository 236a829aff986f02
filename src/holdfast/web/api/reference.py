"""The API as a readable reference, out of its OpenAPI description."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

EXAMPLES = {
    "metric": "mrr", "name": "subscription_terms", "to_policy": "stripe", "since": "2026-10-31", "grain": "month",
    "by": "plan", "period": "2026-10", "q": "acme", "limit": "20",
}  # fmt: skip
SHOWN = ("grain", "by", "to_policy", "since", "q", "limit")
"""Parameters that an example gives; `SHOWN_AT_MOST` of them."""
SHOWN_AT_MOST = 2


@dataclass(frozen=True)
class Field:
    """A parameter, or a field of an answer."""

    name: str
    kind: str
    says: str
    required: bool = False


@dataclass(frozen=True)
class Operation:
    """One thing that can be asked for."""

    method: str
    path: str
    title: str
    says: str
    parameters: tuple[Field, ...]
    answer: tuple[Field, ...]

    @property
    def id(self) -> str:
        return self.path.removeprefix("/api/v1/").replace("/", "-").replace("{", "").replace("}", "")

    def curl(self, origin: str) -> str:
        """The command that asks for it."""
        path = self.path
        for name, value in EXAMPLES.items():
            path = path.replace(f"{{{name}}}", value)
        needed = [one.name for one in self.parameters if one.required and f"{{{one.name}}}" not in self.path]
        others = [name for name in SHOWN if name in {one.name for one in self.parameters} and name not in needed]
        pairs = [(name, EXAMPLES[name]) for name in (*needed, *others)[: max(len(needed), SHOWN_AT_MOST)]]
        url = f"{origin}{path}" + (f"?{urlencode(pairs)}" if pairs else "")
        return f'curl -H "Authorization: Bearer $HOLDFAST_KEY" \\\n  {shlex.quote(url)}'


def reference(described: Mapping[str, Any]) -> dict[str, list[Operation]]:
    """The operations of an OpenAPI description, by tag."""
    found: dict[str, list[Operation]] = {}
    for path, methods in described["paths"].items():
        for method, one in methods.items():
            tag = (one.get("tags") or ["Others"])[0]
            found.setdefault(tag, []).append(_operation(described, method.upper(), path, one))
    return found


def _operation(described: Mapping[str, Any], method: str, path: str, one: Mapping[str, Any]) -> Operation:
    parameters = tuple(
        Field(given["name"], kind_of(given["schema"]), given.get("description", ""), given.get("required", False))
        for given in one.get("parameters", ())
        if given["in"] != "header"
    )
    ok: Mapping[str, Any] = next((answer for code, answer in one["responses"].items() if code.startswith("2")), {})
    schema = ok.get("content", {}).get("application/json", {}).get("schema", {})
    says = " ".join(one.get("description", "").split())
    return Operation(method, path, says.partition(":")[0].rstrip("."), says, parameters, _fields(described, schema))


def _fields(described: Mapping[str, Any], schema: Mapping[str, Any]) -> tuple[Field, ...]:
    model = resolved(described, schema)
    needed = model.get("required", ())
    return tuple(
        Field(name, kind_of(one), one.get("description", ""), name in needed)
        for name, one in model.get("properties", {}).items()
    )


def resolved(described: Mapping[str, Any], schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """A schema, or the one that it refers to."""
    name = schema.get("$ref", "").removeprefix("#/components/schemas/")
    found: Mapping[str, Any] = described["components"]["schemas"][name] if name else schema
    return found


def kind_of(schema: Mapping[str, Any]) -> str:
    """What kind of value a schema is, in a word or two.

    >>> kind_of({"anyOf": [{"type": "string"}, {"type": "null"}]}), kind_of({"type": "array"})
    ('text', 'list of object')
    """
    if "anyOf" in schema:
        kinds = [kind_of(one) for one in schema["anyOf"] if one.get("type") != "null"]
        return " or ".join(dict.fromkeys(kinds))
    if schema.get("type") == "array":
        return f"list of {kind_of(schema.get('items', {}))}"
    if schema.get("format") in ("date", "date-time"):
        return "day" if schema["format"] == "date" else "instant"
    words = {"string": "text", "integer": "whole number", "number": "number", "boolean": "true or false"}
    return words.get(schema.get("type", ""), "object")
