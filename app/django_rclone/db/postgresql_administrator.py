"""What an administrator does around a restore: extensions, and the right to write what belongs to them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django_rclone.command import Command
from django_rclone.db.postgresql_choice import Choice, place_in_extension
from django_rclone.db.postgresql_connection import Connection
from django_rclone.db.postgresql_facts import Live
from django_rclone.db.postgresql_names import quote_name

if TYPE_CHECKING:
    from django_rclone.db.postgresql_restore import Restorer


@dataclass(frozen=True, slots=True)
class Administrator:
    """The administrator's commands. What is granted for the restore alone is taken back after it."""

    restorer: Restorer
    target: Connection
    state: Live
    choice: Choice

    def before(self) -> list[Command]:
        """Returns what is done before the transaction."""
        schemas = [
            f"CREATE SCHEMA IF NOT EXISTS {quote_name(name)} AUTHORIZATION {quote_name(self.state.role)}"
            for name in self.choice.schemas
        ]
        extensions = [str(entry.details["statement"]).rstrip(";") for entry in self.choice.made_before]
        return self._run([*schemas, *extensions, *self._privileges("GRANT", "TO")])

    def after(self) -> list[Command]:
        """Returns what is done when everything is there: the archive's own privileges come last."""
        return self._run([*self._privileges("REVOKE", "FROM"), *self.choice.grants_on_extensions])

    def undo(self) -> list[Command]:
        """Returns what is done after a failure. Extensions that were made do no harm, and stay."""
        return self._run(self._privileges("REVOKE", "FROM"))

    def _privileges(self, verb: str, preposition: str) -> list[str]:
        statements = []
        for entry in self.choice.of_extensions:
            schema, name = place_in_extension(entry)
            is_sequence = entry.type == "SEQUENCE SET"
            lacking = ["UPDATE"] if is_sequence else self.state.missing_privileges(schema, name)
            thing = f"{'SEQUENCE' if is_sequence else 'TABLE'} {quote_name(schema)}.{quote_name(name)}"
            statements.append(f"{verb} {', '.join(lacking)} ON {thing} {preposition} {quote_name(self.state.role)}")
        return statements

    def _run(self, statements: Iterable[str]) -> list[Command]:
        arguments = [argument for statement in statements for argument in ("-c", statement)]
        administrator = self.restorer.as_administrator(self.target)
        return [self.restorer.psql(administrator, *arguments)] if arguments else []
