"""The administrator's part of a restore: create extensions, and grant the rights to write their tables."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from django_rclone.command import Attached, Command
from django_rclone.db.postgresql.connection import Connection
from django_rclone.db.postgresql.extensions import table_of_extension
from django_rclone.db.postgresql.facts import Live
from django_rclone.db.postgresql.psql import Psql
from django_rclone.db.postgresql.quoting import quote_name
from django_rclone.db.postgresql.restore_list import RestoreList
from django_rclone.db.postgresql.temporary_grants import TemporaryGrant, grant, revoke


@dataclass(frozen=True, slots=True)
class Administrator:
    """The administrator's commands. Temporary grants are revoked after the restore."""

    psql: Psql
    target: Connection
    state: Live
    restore_list: RestoreList

    def before(self) -> list[Command]:
        """Returns the commands before the restore's transaction."""
        schemas = [
            f"CREATE SCHEMA IF NOT EXISTS {quote_name(name)} AUTHORIZATION {quote_name(owner)}"
            for name, owner in self.restore_list.extensions.schemas.items()
        ]
        extensions = [entry.statement.rstrip(";") for entry in self.restore_list.extensions.created_first]
        return self._run(*_script_arguments([*schemas, *extensions]), *grant(self._temporary_grants()))

    def after(self) -> list[Command]:
        """Returns the commands after the restore's transaction: the archive's privileges come last."""
        return self._run(
            *revoke(self._temporary_grants()), *_script_arguments(self.restore_list.grants_by_administrator)
        )

    def undo(self) -> list[Command]:
        """Returns the commands after a failure. Created extensions do no harm, and stay."""
        return self._run(*revoke(self._temporary_grants()))

    def _temporary_grants(self) -> Iterator[TemporaryGrant]:
        for entry in self.restore_list.extension_data:
            schema, name = table_of_extension(entry)
            lacking = ["UPDATE"] if entry.type == "SEQUENCE SET" else self.state.missing_privileges(schema, name)
            yield TemporaryGrant(schema, name, tuple(lacking), self.state.role)

    def _run(self, *arguments: str | Attached) -> list[Command]:
        administrator = self.psql.as_administrator(self.target)
        return [self.psql.in_isolated_session(administrator, *arguments)] if arguments else []


def _script_arguments(statements: Iterable[str]) -> list[str | Attached]:
    script = "".join(f"{statement.rstrip(';')};\n" for statement in statements)
    return ["-f", Attached(script.encode("utf-8", "surrogateescape"), script.strip())] if script else []
