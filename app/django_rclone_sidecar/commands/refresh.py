"""``refresh``, started by `serve` only: records killed runs as failed, and lists the remote.

A separate process, so that it cannot delay the schedule and reads secrets anew. Prints what the scheduler needs (see
``snapshot``), and stores in the history what the status page shows.
"""

from __future__ import annotations

import logging
from argparse import ArgumentParser
from importlib import import_module

from django_rclone_sidecar import arguments, bootstrap
from django_rclone_sidecar.environment.read import Environment
from django_rclone_sidecar.scheduler import snapshot


def create_parser() -> ArgumentParser:
    """Returns the parser of the command's arguments."""
    parser = arguments.create_parser("refresh")
    parser.add_argument("--quiet", action="store_true", help="Log only warnings and errors.")
    return parser


def main(argv: list[str], environment: Environment) -> int:
    options = create_parser().parse_args(argv)
    if options.quiet:
        logging.getLogger().setLevel(max(logging.getLogger().level, logging.WARNING))
    sidecar = bootstrap.start(environment, announce=not options.quiet)
    # Modules that use models can only be imported once Django is set up.
    refresh = import_module("django_rclone_sidecar.runs.refresh")
    print(snapshot.to_json(refresh.refresh(sidecar)))
    return 0
