"""SQLite: the database's pages as one file, or SQL text."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import ClassVar

from django_rclone import setting_names
from django_rclone.command import Command
from django_rclone.db.base import BaseConnector, Dump, Facts, Mode, ReadCheck, RestorePlan, Scratch
from django_rclone.db.fingerprint_programs import fingerprint_command
from django_rclone.db.sqlite import clients, probe_output, read_check, sql_text
from django_rclone.db.sqlite import facts as sqlite_facts
from django_rclone.db.sqlite.commands import program
from django_rclone.db.sqlite.connection import journal_mode, locate
from django_rclone.db.sqlite.errors import explainer
from django_rclone.db.sqlite.facts import LiveDatabase
from django_rclone.db.sqlite.restore import plan, restore_problems, stage_path
from django_rclone.exceptions import ConfigurationError, DjangoRcloneError
from django_rclone.layout.manifest import Manifest

_FORMATS = ("file", "sql")


class SqliteConnector(BaseConnector):
    """Backs up a SQLite file, and puts its contents back into the live file in one transaction.

    DATABASE_OPTIONS: ``FORMAT`` ("file", or "sql" for text), ``SPOOL`` (copy locally first, so that writers wait only
    for the copy), ``BINARY_DIR`` (where the sqlite3 program is; only SQL text needs it).
    """

    option_names: ClassVar[frozenset[str]] = frozenset({"FORMAT", "SPOOL", "BINARY_DIR"})
    wait: ClassVar[float] = 60.0
    """Seconds to wait for other processes that have locked the database."""

    @property
    def engine(self) -> str:
        return "sqlite"

    @property
    def path(self) -> str:
        """The absolute path of the database file. Raises ConfigurationError where NAME is not a file."""
        try:
            return locate(self.settings.get("NAME"))
        except ConfigurationError as error:
            raise self._configuration_error(str(error)) from None

    @property
    def format(self) -> str:
        return str(self.options.get("FORMAT", "file"))

    @property
    def spool(self) -> bool:
        return bool(self.options.get("SPOOL", False))

    def check(self) -> list[str]:
        faults = self.unknown_options()
        if self.format not in _FORMATS:
            faults.append(f'FORMAT is "{self.format}". Set it to "file" or "sql".')
        if not isinstance(self.options.get("SPOOL", False), bool):
            faults.append("SPOOL must be True or False.")
        return faults

    def hindrances(self) -> list[str]:
        found = []
        try:
            locate(self.settings.get("NAME"))
        except ConfigurationError as error:
            # The system checks also run in Django's test runner, which uses a database in memory.
            if not self.name.startswith("file:memorydb_"):
                found.append(str(error))
        if self.format == "sql" and not clients.find(self._binary_dir):
            found.append(f'The program "sqlite3", which FORMAT "sql" needs, was not found. {clients.install()}')
        return found

    def journal_mode(self) -> str:
        """Returns ``wal`` or ``rollback``, without a lock; empty if the file does not exist yet."""
        try:
            return journal_mode(locate(self.settings.get("NAME")))
        except ConfigurationError:
            return ""

    def probe(self) -> Command:
        path = self.path
        return program("probe", path, f"{self.wait:g}", explain=explainer(self.alias, path, "Inspection"))

    def facts(self, output: str) -> Facts:
        return probe_output.parse(output)

    def restore_hindrances(self, facts: Facts) -> list[str]:
        return restore_problems(self._path(sqlite_facts.live(facts)))

    def dump(self, facts: Facts) -> Dump:
        live = sqlite_facts.live(facts)
        path, name = self._path(live), setting_names.current().connection("NAME")
        if not live.exists:
            raise self._configuration_error(f"{path} does not exist. Correct {name}, run migrate, or restore a backup.")
        if live.damaged:
            raise DjangoRcloneError(f'Database "{self.alias}": {_damage(path, live.damaged, facts.server_version)}')
        if not facts.size:
            # Any connection to a mistyped NAME creates such a file, and a backup of it would become the newest one.
            raise self._configuration_error(
                f"{path} is empty (0 bytes). Correct {name}, run migrate, or restore a backup."
            )
        notes = () if facts.tables else (f"{path} has no tables.",)
        explain = explainer(self.alias, path, "A dump")
        if self.format == "sql":
            return Dump(
                checks=(
                    sql_text.check(self._sqlite3(), live.schema, explain),
                    program("check_loadable", path, f"{self.wait:g}", explain=explain, is_loader=True),
                ),
                command=sql_text.dump(self._sqlite3(), path, self.wait, explain, writable=live.writable),
                # sqlite3 ends with 0 even if .dump fails, so one of our programs checks the end of its output.
                through=(program("check_dumped_text", explain=explain),),
                extension="sql",
                format="sql",
                client="sqlite3",
                notes=notes,
            )
        spool = ("spool",) if self.spool else ()
        return Dump(
            command=program("dump", path, f"{self.wait:g}", *spool, explain=explain),
            extension="sqlite3",
            format="file",
            client=f"libsqlite3 {facts.server_version}",
            notes=notes,
        )

    def contents(self, manifest: Manifest) -> Command | None:
        if manifest.format in _FORMATS and all(stored.sha256 for stored in manifest.objects):
            return None
        explain = explainer(self.alias, manifest.objects[0].path, "Reading")
        return program("stage", "sniff", explain=explain)

    def read_check(self, manifest: Manifest) -> ReadCheck:
        (stored,) = manifest.objects
        if manifest.format == "sql":
            return read_check.of_text(self.alias, stored.path)
        return read_check.of_file(self.alias, stored.path, stored.raw_bytes or stored.bytes)

    def restore(self, facts: Facts, manifest: Manifest, mode: Mode, contents: str = "") -> RestorePlan:
        live = sqlite_facts.live(facts)
        form = contents.strip() or manifest.format
        if form not in _FORMATS:
            raise self._configuration_error(f'the backup has the format "{form}", which this connector cannot restore.')
        path = self._path(live)
        target = str(Path(path).parent / mode.into) if mode.into else path
        (stored,) = manifest.objects
        return plan(self.alias, live, mode, target, stored, self.wait, self._sqlite3() if form == "sql" else "")

    def fingerprint(self, manifest: Manifest) -> tuple[Command, ...] | None:
        if manifest.format == "file":
            return (fingerprint_command(self.alias, "sqlite", "file", stage_path(self.path)),)
        return (fingerprint_command(self.alias, "sqlite", "sql"),) if manifest.format == "sql" else None

    def dump_restored(self, facts: Facts, manifest: Manifest) -> Dump:
        options = {**self.options, "FORMAT": manifest.format}
        return type(self)(self.alias, self.settings, options, self.compression).dump(facts)

    def scratch(self, owner: str, token: str, size: int) -> Scratch:
        folder = Path(tempfile.gettempdir()).resolve() / f"django-rclone-drill-{owner}-{token}"
        database = folder / "restored.sqlite3"
        restored = type(self)(self.alias, {"NAME": str(database)}, {**self.options, "SPOOL": False}, self.compression)
        explain = explainer(self.alias, str(folder), "A drill")
        # The database, and a copy of it that is read for its fingerprint.
        claim = program("scratch", "claim", str(folder), str(2 * size), explain=explain)
        return Scratch(
            server=restored,
            into=database.name,
            restored=restored,
            where=str(database),
            sweep=program("scratch", "sweep", str(folder), explain=explain),
            claim=claim,
            drop=program("scratch", "drop", str(folder), explain=explain),
        )

    def query(self, sql: str) -> Command:
        path = self.path
        return program("query", path, sql, explain=explainer(self.alias, path, "An assertion"))

    def restore_by_hand(self, object_command: str) -> str:
        if self.format == "sql":
            return f"{object_command} | sqlite3 -bail restored.sqlite3"
        return f"{object_command} > restored.sqlite3"

    def _path(self, live: LiveDatabase) -> str:
        """Returns the database file's path, with links followed."""
        return live.path or self.path

    def _configuration_error(self, sentence: str) -> ConfigurationError:
        return ConfigurationError(f'Database "{self.alias}": {sentence}')

    def _sqlite3(self) -> str:
        """Returns the sqlite3 program. Raises ConfigurationError where it is missing."""
        return clients.sqlite3(self.alias, self._binary_dir)


def _damage(path: str, reason: str, library: str) -> str:
    if reason.startswith("malformed database schema"):
        return (
            f"SQLite {library} cannot read the schema of {path} ({reason}). If the app's SQLite is newer, "
            "use that version here too; otherwise the file is damaged: restore a backup."
        )
    return f"{path} is damaged ({reason}). Restore a backup."
