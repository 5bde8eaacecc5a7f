"""Temporary grants: rights on extensions' tables that an administrator grants to the restoring role for one restore.

They have to be committed before the restore's transaction begins. If the restore is killed, the next command knows from
a comment on the table what to revoke.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from django_rclone.command import Attached
from django_rclone.db.postgresql.facts import LiveDatabase
from django_rclone.db.postgresql.quoting import psql_variables

_SQL = Path(__file__).parent / "sql"
_RIGHTS = r"(?:SELECT|INSERT|UPDATE|DELETE)"
# As grant_temporarily.sql writes it.
_COMMENT = re.compile(rf"^django-rclone has lent ({_RIGHTS}(?:, {_RIGHTS})*) to (.*)\Z", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class TemporaryGrant:
    """The rights on one table or sequence."""

    schema: str
    name: str
    rights: tuple[str, ...]
    role: str


def grant(grants: Iterable[TemporaryGrant]) -> list[str | Attached]:
    """Returns the arguments for psql to grant them."""
    return _script("grant_temporarily.sql", grants)


def revoke(grants: Iterable[TemporaryGrant]) -> list[str | Attached]:
    """Returns the arguments for psql to revoke them."""
    return _script("revoke_temporary.sql", grants)


def not_revoked(live: LiveDatabase) -> Iterator[TemporaryGrant]:
    """Yields the grants of killed restores that have not been revoked."""
    if live.restoring:
        return
    for table in live.configuration:
        if (found := _COMMENT.search(table.comment)) and found[2] == live.role:
            yield TemporaryGrant(table.schema, table.name, tuple(found[1].split(", ")), live.role)


def _script(name: str, grants: Iterable[TemporaryGrant]) -> list[str | Attached]:
    described = [
        {
            **dataclasses.asdict(each),
            "kind": "SEQUENCE" if each.rights == ("UPDATE",) else "TABLE",
            "rights": ", ".join(each.rights),
        }
        for each in grants
    ]
    return ["-f", psql_variables(temporary_grants=described), "-f", str(_SQL / name)] if described else []
