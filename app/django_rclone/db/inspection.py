"""Inspection of a database: the first step of a backup and of a restore."""

from __future__ import annotations

import logging

from django_rclone import process
from django_rclone.db.base import BaseConnector, Dump, Facts

logger = logging.getLogger("django_rclone")


def inspect(connector: BaseConnector, *, finish: bool = True) -> Facts:
    """Returns the facts that the probe finds about the database.

    If an earlier restore died during its last step, that step is finished first; with ``finish`` False (a dry run
    changes nothing) it is only reported. Raises a DjangoRcloneError.
    """
    facts = _probe(connector)
    remaining = connector.unfinished(facts)
    if not remaining:
        return facts
    if not finish:
        logger.warning(
            'Database "%s": an earlier restore was interrupted; the next command finishes it.', connector.alias
        )
        return facts
    logger.warning('Database "%s": an earlier restore was interrupted, and is finished first.', connector.alias)
    for command in remaining:
        process.run(command, timeout=None)
    return _probe(connector)


def _probe(connector: BaseConnector) -> Facts:
    return connector.facts(process.run(connector.probe()).decode(errors="surrogateescape"))


def run_checks(dump: Dump) -> list[str]:
    """Runs the checks that must succeed before the dump begins. Returns the dump's notes and the checks'
    output, line by line. Raises a DjangoRcloneError."""
    notes = list(dump.notes)
    for check in dump.checks:
        notes += process.run(check, timeout=None).decode(errors="replace").splitlines()
    return notes
