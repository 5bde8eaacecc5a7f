"""values.schema.json, made from the values' comments and defaults."""

import json
from collections.abc import Mapping
from typing import Any

from tests.chart.values import Value

_NAMES = {bool: "boolean", int: "integer", str: "string", list: "array", dict: "object"}

_ALIAS = "^[A-Za-z_][A-Za-z0-9_-]*$"
# What Kubernetes and the image both understand.
_CRON = r"@(hourly|daily|weekly|monthly)|([-0-9A-Za-z*/,]+ +){4}[-0-9A-Za-z*/,]+"

DEFINITIONS: Mapping[str, Any] = {
    "databases": {
        "type": "array",
        "items": {
            # Each an alias, or more than that: what is said of texts counts for the one, the rest for the other.
            "type": ["string", "object"],
            "pattern": _ALIAS,
            "additionalProperties": False,
            "required": ["alias"],
            "properties": {
                "alias": {"type": "string", "pattern": _ALIAS},
                "schedule": {"$ref": "#/definitions/schedule"},
                "suspend": {"type": "boolean"},
                "databaseUrl": {
                    "type": "object",
                    "additionalProperties": False,
                    "required": ["existingSecret"],
                    "properties": {
                        "existingSecret": {"type": "string", "minLength": 1},
                        "key": {"type": "string", "minLength": 1},
                    },
                },
            },
        },
    },
    "schedule": {"type": "string", "pattern": f"^({_CRON})$"},
    "optionalSchedule": {"type": "string", "pattern": f"^({_CRON})?$"},
    "duration": {"type": "string", "pattern": r"^([0-9]+([.][0-9]+)?[smhd]?|off)?$"},
    "interval": {"type": "string", "pattern": r"^([0-9]+(ms|[smhd]))+$"},
    "quantity": {"type": "string", "pattern": r"^[0-9]+([.][0-9]+)?([kMGTPE]i?)?$"},
    "env": {
        "type": "array",
        "items": {
            "type": "object",
            "additionalProperties": False,
            "required": ["name"],
            "properties": {
                "name": {"type": "string", "minLength": 1},
                "value": {"type": "string"},
                "valueFrom": {"type": "object"},
            },
        },
    },
    "envFrom": {
        "type": "array",
        "items": {
            "type": "object",
            "additionalProperties": False,
            "properties": {
                "prefix": {"type": "string"},
                "configMapRef": {"type": "object"},
                "secretRef": {"type": "object"},
            },
        },
    },
}
"""Definitions that several values share."""

DEPENDENCY: Mapping[str, Any] = {
    "global": {"type": "object", "description": "What Helm hands to a chart that another one depends on."},
    "enabled": {"type": "boolean", "description": "A condition, where another chart depends on this one."},
}


def written(values: list[Value]) -> str:
    """The text of values.schema.json."""
    # Draft 7 is what every Helm 3 reads.
    schema = {"$schema": "http://json-schema.org/draft-07/schema#", "title": "Values of django-rclone"}
    whole = schema | _group(values, DEPENDENCY) | {"definitions": DEFINITIONS}
    return json.dumps(whole, indent=2, ensure_ascii=False) + "\n"


def _group(values: list[Value] | tuple[Value, ...], more: Mapping[str, Any] | None = None) -> dict[str, Any]:
    properties = {value.path[-1]: _of(value) for value in values} | dict(more or {})
    return {"type": "object", "additionalProperties": False, "properties": properties}


def _of(value: Value) -> dict[str, Any]:
    if value.children:
        return _group(value.children)
    if "$ref" in value.schema:
        return {"description": value.meaning, **value.schema}
    named = {} if "type" in value.schema else {"type": _NAMES[type(value.default)]}
    return {"description": value.meaning, **named, **value.schema}
