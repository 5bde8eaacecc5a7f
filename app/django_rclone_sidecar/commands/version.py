"""``version``: what is here. Imports no Django, so that the answer comes at once."""

from __future__ import annotations

import json
from argparse import ArgumentParser

from django_rclone_sidecar.environment.read import Environment
from django_rclone_sidecar.versions import versions


def parser() -> ArgumentParser:
    """Returns what reads the command's arguments."""
    made = ArgumentParser("django-rclone version", description="Prints the versions.", allow_abbrev=False)
    made.add_argument("--json", action="store_true", help="Print one JSON object.")
    return made


def main(arguments: list[str], _environment: Environment) -> int:
    options = parser().parse_args(arguments)
    found = versions()
    print(json.dumps(found, indent=2) if options.json else "\n".join(f"{name} {text}" for name, text in found.items()))
    return 0
