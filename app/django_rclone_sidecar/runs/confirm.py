"""Confirmation of restores: on a terminal, show the plan and ask; otherwise no confirmation is needed."""

from __future__ import annotations

import logging
import sys
from argparse import ArgumentParser, Namespace

from django_rclone.management import options

logger = logging.getLogger(__name__)


def add_options(parser: ArgumentParser) -> None:
    """Adds the options that ``confirmed`` uses."""
    parser.add_argument("--yes", action="store_true", help="Do not ask for confirmation on a terminal.")
    options.add_dry_run(parser)


def confirmed(given: Namespace, plan: str) -> bool:
    """Returns whether to carry out a plan. With ``--dry-run`` the plan is only printed."""
    if given.dry_run:
        print(plan)
        return False
    if given.yes or not at_terminal():
        for line in plan.splitlines():
            logger.info("%s", line, extra={"event": "restore.plan"})
        return True
    print(plan)
    if input("Continue? [y/N] ").strip().lower() in ("y", "yes"):
        return True
    print("Nothing was changed.")
    return False


def at_terminal() -> bool:
    """Returns whether stdin is a terminal."""
    return sys.stdin is not None and sys.stdin.isatty()
