"""Reads a schema: its current facts, and the SQL of its stored objects, which a swap compares and can restore."""

from __future__ import annotations

import dataclasses

from django_rclone import process
from django_rclone.db.mysql.dump_format import stored_object_arguments
from django_rclone.db.mysql.errors import error_in
from django_rclone.db.mysql.facts import Live
from django_rclone.db.mysql.probe_output import parse_rows
from django_rclone.db.mysql.quoting import quote_name
from django_rclone.db.mysql.session import PROBE, Session, dump_command
from django_rclone.exceptions import ProgramFailed

_BROKEN_VIEW = 1356


def inspect(session: Session, schema: str) -> Live:
    """Returns the current facts of a schema."""
    rows = session.rows(PROBE.read_text(), schema)
    grants = [{"grant": line} for line in session.run("SHOW GRANTS;").splitlines()]
    return parse_rows([*rows, *grants])[0]


def stored_objects(session: Session, dumper: str, schema: str, state: Live) -> dict[str, bytes]:
    """Returns a schema's routines, triggers, views and events, as the dump program writes them.

    A broken view, whose tables are gone, could not be created again: it is left out.
    """
    try:
        return _dump_parts(session, dumper, schema, state)
    except ProgramFailed as failure:
        if error_in(failure.stderr)[0] != _BROKEN_VIEW:
            raise
        working = {name: definer for name, definer in state.views.items() if _is_valid(session, schema, name)}
        return _dump_parts(session, dumper, schema, dataclasses.replace(state, views=working))


def _dump_parts(session: Session, dumper: str, schema: str, state: Live) -> dict[str, bytes]:
    return {
        part: process.run(dump_command(dumper, session.options, *arguments), timeout=None)
        for part, arguments in stored_object_arguments(state, schema)
    }


def _is_valid(session: Session, schema: str, view: str) -> bool:
    try:
        session.run(f"SELECT 1 FROM {quote_name(schema, view)} LIMIT 0;")  # noqa: S608
    except ProgramFailed:
        return False
    return True
