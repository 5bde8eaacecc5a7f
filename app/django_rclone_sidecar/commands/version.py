"""``version``: prints versions. Does not import Django, to start quickly."""

from __future__ import annotations

import json
from argparse import ArgumentParser

from django_rclone_sidecar import arguments
from django_rclone_sidecar.environment.read import Environment
from django_rclone_sidecar.versions import versions


def create_parser() -> ArgumentParser:
    """Returns the parser of the command's arguments."""
    parser = arguments.create_parser("version", "Print the versions of django-rclone, Django, Python and rclone.")
    arguments.add_json(parser, "one JSON object")
    return parser


def main(argv: list[str], _environment: Environment) -> int:
    options = create_parser().parse_args(argv)
    found = versions()
    print(json.dumps(found, indent=2) if options.json else "\n".join(f"{name} {text}" for name, text in found.items()))
    return 0
