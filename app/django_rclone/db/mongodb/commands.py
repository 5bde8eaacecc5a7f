"""Commands for MongoDB's tools and for our own programs."""

from __future__ import annotations

from dataclasses import dataclass

from django_rclone.command import Attached, Command, Secret
from django_rclone.db.client_programs import Client
from django_rclone.db.helper_programs import module_command
from django_rclone.db.mongodb.clients import install
from django_rclone.db.mongodb.connection import Connection
from django_rclone.db.mongodb.errors import explainer


@dataclass(frozen=True, slots=True)
class Commands:
    """Commands for one database."""

    alias: str
    connection: Connection

    def program(self, program: str, *arguments: str | Secret | Attached, nothing_changed: bool = False) -> Command:
        """Returns the command for one of our programs."""
        return module_command(
            f"django_rclone.db.mongodb.programs.{program}",
            *arguments,
            explain=explainer(self.alias, self.connection.location, nothing_changed=nothing_changed),
            is_loader=True,
            hide=self.connection.secrets,
        )

    def program_on_database(
        self, program: str, step: str, *arguments: str | Attached, nothing_changed: bool = False
    ) -> Command:
        """Returns the command for one of our programs that connects to the database."""
        steps = (step,) if step else ()
        where = (self.connection.uri, self.connection.database)
        return self.program(program, *steps, *where, *arguments, nothing_changed=nothing_changed)

    def tool(self, client: Client, program: str, *arguments: str, nothing_changed: bool = False) -> Command:
        """Returns the command for one of MongoDB's tools. Its configuration file holds the URI with the password."""
        return Command(
            (
                *(client.companion(program), "--config", self.connection.config),
                *(f"--serverSelectionTimeout={self.connection.selection_timeout}", *arguments),
            ),
            explain=explainer(self.alias, self.connection.location, nothing_changed=nothing_changed),
            is_loader=program != "mongodump",
            install=install(),
            hide=self.connection.secrets,
        )
