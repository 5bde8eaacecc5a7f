"""Rights on the tables of extensions, which an administrator lends to the restoring role for one restore.

They have to be granted before the restore's transaction, which sees nothing of what another one has not committed.
Should the restore be killed, a comment on the table tells the next command what to take back.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from django_rclone.command import Attached
from django_rclone.db.postgresql.facts import Live
from django_rclone.db.postgresql.quoting import psql_variables

_SQL = Path(__file__).parent / "sql"
_RIGHTS = r"(?:SELECT|INSERT|UPDATE|DELETE)"
# As grant_temporarily.sql writes it.
_COMMENT = re.compile(rf"^django-rclone has lent ({_RIGHTS}(?:, {_RIGHTS})*) to (.*)\Z", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class TemporaryGrant:
    """What is lent on one table or sequence."""

    schema: str
    name: str
    rights: tuple[str, ...]
    role: str


def grant(temporary_grants: Iterable[TemporaryGrant]) -> list[str | Attached]:
    """Returns the arguments of a psql that lends them."""
    return _run("grant_temporarily.sql", temporary_grants)


def revoke(temporary_grants: Iterable[TemporaryGrant]) -> list[str | Attached]:
    """Returns the arguments of a psql that takes them back."""
    return _run("revoke_temporary.sql", temporary_grants)


def not_revoked(live: Live) -> Iterator[TemporaryGrant]:
    """Yields what restores that were killed have not given back."""
    if live.restoring:
        return
    for table in live.configuration:
        if (found := _COMMENT.search(table.comment)) and found[2] == live.role:
            yield TemporaryGrant(table.schema, table.name, tuple(found[1].split(", ")), live.role)


def _run(script: str, temporary_grants: Iterable[TemporaryGrant]) -> list[str | Attached]:
    described = [
        {
            **dataclasses.asdict(temporary),
            "kind": "SEQUENCE" if temporary.rights == ("UPDATE",) else "TABLE",
            "rights": ", ".join(temporary.rights),
        }
        for temporary in temporary_grants
    ]
    return ["-f", psql_variables(temporary_grants=described), "-f", str(_SQL / script)] if described else []
