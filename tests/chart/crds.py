"""Schemas of Prometheus Operator's objects, as its definitions of them have it."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema

_FOLDER = Path(__file__).with_name("crds")


def faults(one: dict[str, Any]) -> Iterator[str]:
    """Yields the faults of an object: also fields that the operator would silently drop."""
    schema = _strict(json.loads((_FOLDER / f"{one['kind'].lower()}.json").read_text()))
    for error in jsonschema.Draft202012Validator(schema).iter_errors(one):
        yield f"{error.json_path}: {error.message}"


def _strict(schema: Any) -> Any:
    if isinstance(schema, list):
        return [_strict(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    found = {key: _strict(value) for key, value in schema.items()}
    # `metadata` is Kubernetes' own, and open here.
    if isinstance(schema.get("properties"), dict) and "type" in schema and schema["properties"]:
        found.setdefault("additionalProperties", False)
    return found
