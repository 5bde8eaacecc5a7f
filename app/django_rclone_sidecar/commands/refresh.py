"""``observe``, which `serve` starts and nobody else: settles what killed runs left open, and looks at the remote.

Each is a process of its own, so that nothing that happens here can hold the schedule up, and secrets are read afresh.
It answers on stdout with what the schedule needs (see ``sight``), and leaves in the history what the pages show.
"""

from __future__ import annotations

import logging
from argparse import ArgumentParser
from importlib import import_module

from django_rclone_sidecar import arguments, bootstrap
from django_rclone_sidecar.environment.read import Environment
from django_rclone_sidecar.scheduler import snapshot


def parser() -> ArgumentParser:
    """Return the parser of the command's arguments."""
    made = arguments.parser("refresh")
    made.add_argument("--quiet", action="store_true", help="Log only warnings and errors.")
    return made


def main(argv: list[str], environment: Environment) -> int:
    options = parser().parse_args(argv)
    if options.quiet:
        logging.getLogger().setLevel(max(logging.getLogger().level, logging.WARNING))
    sidecar = bootstrap.start(environment, announce=not options.quiet)
    # What works with models can be imported when Django is ready.
    refresh = import_module("django_rclone_sidecar.runs.refresh")
    print(snapshot.to_json(refresh.refresh(sidecar)))
    return 0
