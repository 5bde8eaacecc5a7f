"""Naming what to restore is the consent where nobody sits; at a terminal the plan is shown, and asked about."""

from __future__ import annotations

import logging
import sys
from argparse import ArgumentParser, Namespace

logger = logging.getLogger(__name__)


def add_options(parser: ArgumentParser) -> None:
    """Adds the options that ``given`` looks at."""
    parser.add_argument("--yes", action="store_true", help="At a terminal: do not ask.")
    parser.add_argument("--dry-run", action="store_true", help="Print the plan and change nothing.")


def confirmed(options: Namespace, plan: str) -> bool:
    """Tells whether to go ahead with a plan. With ``--dry-run`` it is printed, and nothing else."""
    if options.dry_run:
        print(plan)
        return False
    if options.yes or not at_terminal():
        for line in plan.splitlines():
            logger.info("%s", line, extra={"event": "restore.plan"})
        return True
    print(plan)
    if input("Go on? [y/N] ").strip().lower() in ("y", "yes"):
        return True
    print("Nothing was changed.")
    return False


def at_terminal() -> bool:
    """Tells whether somebody can be asked."""
    return sys.stdin is not None and sys.stdin.isatty()
