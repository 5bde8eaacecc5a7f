"""``version``: prints versions. Does not import Django, to start quickly."""

from __future__ import annotations

import json
from argparse import ArgumentParser

from django_rclone_sidecar import arguments
from django_rclone_sidecar.environment.read import Environment
from django_rclone_sidecar.versions import versions


def parser() -> ArgumentParser:
    """Returns the parser of the command's arguments."""
    made = arguments.parser("version", "Print the versions.")
    arguments.add_json(made, "one JSON object")
    return made


def main(argv: list[str], _environment: Environment) -> int:
    options = parser().parse_args(argv)
    found = versions()
    print(json.dumps(found, indent=2) if options.json else "\n".join(f"{name} {text}" for name, text in found.items()))
    return 0
