"""The server's client as our programs run it: one script at a time."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django_rclone import process
from django_rclone.command import Command, Explanation, Secret
from django_rclone.db.mysql.session_variables import init_command
from django_rclone.exceptions import ProgramFailed

PROBE = Path(__file__).parent / "sql/probe.sql"
"""The script that prints the facts of a schema."""
CLIENT_FLAGS = (
    # With --binary-mode the client does not change its input, and runs no client command but "delimiter".
    *("--batch", "--raw", "--skip-column-names", "--binary-mode", "--default-character-set=utf8mb4"),
    "--max-allowed-packet=1G",
)
_ENVIRONMENT = {
    "LC_ALL": "C",
    # MySQL's clients read it even if an option file is given: a forgotten login must not be used.
    "MYSQL_TEST_LOGIN_FILE": "/nonexistent",
}


def unexplained(failure: ProgramFailed) -> ProgramFailed:
    """Returns the failure unchanged: our programs explain it with its context."""
    return failure


def client_command(
    program: str,
    options: str,
    *arguments: str,
    begin: str | None = None,
    explain: Explanation = unexplained,
    is_loader: bool = False,
) -> Command:
    """Returns a command for the client; ``options`` is the content of the option file, ``begin`` the first statement of
    the session instead of the usual one; empty: none."""
    option_file = Secret(options, "--defaults-file=")
    first = init_command() if begin is None else begin
    return Command(
        (program, option_file, *CLIENT_FLAGS, *((f"--init-command={first}",) if first else ()), *arguments),
        env=_ENVIRONMENT,
        inherit=("OPENSSL_CONF",),
        explain=explain,
        is_loader=is_loader,
    )


def dump_command(program: str, options: str, *arguments: str) -> Command:
    """Returns a command for the dump program."""
    option_file = Secret(options, "--defaults-file=")
    return Command((program, option_file, *arguments), env=_ENVIRONMENT, inherit=("OPENSSL_CONF",))


@dataclass(frozen=True, slots=True)
class Session:
    """Access to the server; each script is a separate connection."""

    client: str
    options: str

    def run(
        self, script: str | bytes, database: str = "", timeout: float | None = None, begin: str | None = None
    ) -> str:
        """Runs a script to its first error and returns what it printed. Raises ProgramFailed."""
        default = (f"--database={database}",) if database else ()
        text = script.encode(errors="surrogateescape") if isinstance(script, str) else script
        command = client_command(self.client, self.options, *default, begin=begin)
        return process.run(command, stdin=text, timeout=timeout).decode(errors="surrogateescape")

    def rows(self, script: str, database: str = "") -> list[dict[str, Any]]:
        """Returns the JSON objects that a script prints, one a line."""
        return [json.loads(line) for line in self.run(script, database).splitlines()]
