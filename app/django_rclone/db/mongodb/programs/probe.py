"""A helper program: prints the facts about a MongoDB database as one JSON object. It changes nothing.

probe URI DATABASE
"""

from __future__ import annotations

import json
import secrets
import sys
from datetime import UTC, datetime
from typing import Any

from django_rclone.db import entry_point
from django_rclone.db.mongodb.names import JOURNAL, PREFIX, is_internal, is_staged
from django_rclone.db.mongodb.programs import restore_lock as lock
from django_rclone.db.mongodb.programs.server import Document, connected, pymongo_errors

_INVALID_NAMESPACE = 73
_NEEDED_TO_RESTORE = ("insert", "createCollection", "createIndex", "dropCollection")


def probe(database: Any) -> Document:
    """Returns the facts."""
    build = database.command("buildInfo")
    hello = database.command("hello")
    entries = {entry["name"]: entry for entry in database.list_collections()}
    live = {name: entry for name, entry in sorted(entries.items()) if not is_internal(name)}
    plain = [
        name
        for name, entry in live.items()
        if entry.get("type", "collection") == "collection" and not name.startswith("system.")
    ]
    actions = _actions(database)
    return {
        "version": build["version"],
        "flavour": _flavour(build),
        "clock": _clock(hello.get("localTime")),
        "sharded": hello.get("msg") == "isdbgrid",
        "size": int(database.command("dbStats").get("dataSize", 0)),
        "tables": {name: database[name].estimated_document_count() for name in plain},
        "others": [name for name in live if name not in plain],
        "foreign": [name for name in live if name.startswith(PREFIX)],
        "migrations": _migrations(database) if "django_migrations" in live else {},
        "renames_dots": _renames_dots(database),
        # Whether the role may write documents that violate a collection's validation rules.
        "bypasses_validation": actions is None or "bypassDocumentValidation" in actions,
        "lacking_to_restore": _lacking(actions),
        "restore": _restore(database) if JOURNAL in entries else None,
        "staged": [name for name in entries if is_staged(name)],
    }


def _flavour(build: Document) -> str:
    """Returns the product and version of a server that is not MongoDB itself, as far as it identifies itself."""
    if "ferretdb" in build:
        return f"FerretDB {build['ferretdb'].get('version', '')}".strip()
    return "Percona Server for MongoDB" if "psmdbVersion" in build else ""


def _clock(moment: datetime | None) -> str:
    """Returns the server's time with its offset (pymongo's naive times are UTC); empty if the server sends none."""
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).isoformat() if moment else ""


def _migrations(database: Any) -> dict[str, str]:
    found = database["django_migrations"].find({}, {"app": 1, "name": 1}).sort([("applied", 1), ("_id", 1)])
    return {str(row["app"]): str(row["name"]) for row in found if "app" in row and "name" in row}


def _renames_dots(database: Any) -> bool:
    """Returns whether the server renames collections with a dot in their names, tried with one that does not exist."""
    from pymongo.errors import OperationFailure  # noqa: PLC0415 - see server.py

    try:
        database[f"{PREFIX}{secrets.token_hex(8)}.no"].rename(f"{PREFIX}{secrets.token_hex(8)}.such")
    except OperationFailure as error:
        return error.code != _INVALID_NAMESPACE
    return True


def _actions(database: Any) -> frozenset[str] | None:
    """Returns the actions that the role may do on all collections of the database; None if the server has no
    authentication. See https://www.mongodb.com/docs/manual/reference/privilege-actions/."""
    found = database.command({"connectionStatus": 1, "showPrivileges": True})["authInfo"]
    if not found.get("authenticatedUsers"):
        return None
    return frozenset(
        action
        for privilege in found.get("authenticatedUserPrivileges", [])
        if (privilege["resource"].get("anyResource") or privilege["resource"].get("db") in ("", database.name))
        and not privilege["resource"].get("collection")
        for action in privilege["actions"]
    )


def _lacking(actions: frozenset[str] | None) -> list[str]:
    """Returns the actions that a restore needs and the role certainly lacks. An empty set of actions proves nothing."""
    return [action for action in _NEEDED_TO_RESTORE if action not in actions] if actions else []


def _restore(database: Any) -> Document | None:
    document = lock.read(database)
    if document is None:
        return None
    alive = lock.is_alive(document, lock.now(database))
    return {"alive": alive, "swapping": "journal" in document, "described": lock.described(document)}


@pymongo_errors()
def main(arguments: list[str]) -> None:
    """Prints the facts."""
    uri, name = arguments
    with connected(uri, name) as database:
        print(json.dumps(probe(database)))


if __name__ == "__main__":
    sys.exit(entry_point.run(main))
