"""SQLite: the database's pages as one file, or SQL text."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

from django_rclone import vocabulary
from django_rclone.command import Command, Explanation
from django_rclone.db.base import BaseConnector, Dump, Facts, Gate, Mode, RestorePlan
from django_rclone.db.fingerprint_programs import fingerprint_command
from django_rclone.db.helper_programs import script_command
from django_rclone.db.sqlite import facts as sqlite_facts
from django_rclone.db.sqlite import sql_text
from django_rclone.db.sqlite.errors import explainer
from django_rclone.db.sqlite.facts import Live
from django_rclone.db.sqlite.location import journal_mode, locate, write_problems
from django_rclone.exceptions import ConfigurationError, DjangoRcloneError
from django_rclone.manifest import Manifest

_PROGRAMS = Path(__file__).parent / "programs"
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
            # The system checks also run in Django's test runner, where a database in memory is right.
            if not self.name.startswith("file:memorydb_"):
                found.append(str(error))
        if self.format == "sql" and not self._find_sqlite3():
            found.append(f'The program "sqlite3", which FORMAT "sql" needs, was not found. {_install()}')
        return found

    def journal_mode(self) -> str:
        """Returns ``wal`` or ``rollback``, without a lock; empty if the file does not exist yet."""
        try:
            return journal_mode(locate(self.settings.get("NAME")))
        except ConfigurationError:
            return ""

    def probe(self) -> Command:
        path = self.path
        return _program("probe", path, f"{self.wait:g}", explain=explainer(self.alias, path, "Inspection"))

    def facts(self, output: str) -> Facts:
        return sqlite_facts.parse(output)

    def restore_hindrances(self, facts: Facts) -> list[str]:
        return write_problems(self._path(sqlite_facts.live(facts)))

    def dump(self, facts: Facts) -> Dump:
        live = sqlite_facts.live(facts)
        path, name = self._path(live), vocabulary.current().connection("NAME")
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
                    _program("check_loadable", path, f"{self.wait:g}", explain=explain, may_stall=False),
                ),
                command=sql_text.dump(self._sqlite3(), path, self.wait, explain, writable=live.writable),
                # sqlite3 ends with 0 whatever .dump ran into, so its output goes through a program of ours.
                through=(_program("check_sql", explain=explain),),
                extension="sql",
                format="sql",
                client="sqlite3",
                notes=notes,
            )
        spool = ("spool",) if self.spool else ()
        return Dump(
            command=_program("dump", path, f"{self.wait:g}", *spool, explain=explain),
            extension="sqlite3",
            format="file",
            client=f"libsqlite3 {facts.server_version}",
            notes=notes,
        )

    def contents(self, manifest: Manifest) -> Command | None:
        if manifest.format in _FORMATS and all(stored.sha256 for stored in manifest.objects):
            return None
        explain = explainer(self.alias, manifest.objects[0].path, "Reading")
        return _program("stage", "sniff", explain=explain)

    def restore(self, facts: Facts, manifest: Manifest, mode: Mode, contents: str = "") -> RestorePlan:
        live = sqlite_facts.live(facts)
        path = self._path(live)
        target = str(Path(path).parent / mode.into) if mode.into else path
        form = contents.strip() or manifest.format
        if form not in _FORMATS:
            raise self._configuration_error(f'the backup has the format "{form}", which this connector cannot restore.')
        text = form == "sql"
        stage = _stage_path(target)
        (stored,) = manifest.objects
        new = ("new",) if mode.into else ()
        size = str(stored.raw_bytes or stored.bytes)
        explain = explainer(self.alias, target, "A restore", unchanged=True)
        prepare = _program("stage", "prepare", target, stage, size, *new, explain=explain)
        load = _program("stage", "load", stage, explain=explain, may_stall=False)
        commit = _program("replace", target, stage, f"{self.wait:g}", *new, explain=explain, may_stall=False)
        abort = _program("stage", "abort", stage, explain=explainer(self.alias, stage, "Removal"))
        return RestorePlan(
            target=target,
            prepare=(prepare,),
            load=(sql_text.load(self._sqlite3(), stage, explain) if text else load,),
            commit=(commit,),
            abort=(abort,),
            gate=Gate(tail=self._require_commit) if text else Gate(),
            notes=tuple(_notes(live, mode, target)),
        )

    def fingerprint(self, manifest: Manifest) -> tuple[Command, ...] | None:
        if manifest.format == "file":
            return (fingerprint_command(self.alias, "sqlite", "file", _stage_path(self.path)),)
        return (fingerprint_command(self.alias, "sqlite", "sql"),) if manifest.format == "sql" else None

    def restore_by_hand(self, object_command: str) -> str:
        if self.format == "sql":
            return f"{object_command} | sqlite3 -bail restored.sqlite3"
        return f"{object_command} > restored.sqlite3"

    def _path(self, live: Live) -> str:
        """Returns the database file's path, links followed."""
        return live.path or self.path

    def _configuration_error(self, sentence: str) -> ConfigurationError:
        return ConfigurationError(f'Database "{self.alias}": {sentence}')

    def _find_sqlite3(self) -> str | None:
        folder: str | os.PathLike[str] | None = self.options.get("BINARY_DIR")
        return shutil.which("sqlite3", path=os.fspath(folder) if folder else None)

    def _sqlite3(self) -> str:
        """Returns the sqlite3 program. Raises ConfigurationError where there is none."""
        found = self._find_sqlite3()
        if found is None:
            raise self._configuration_error(f'the program "sqlite3", which SQL text needs, was not found. {_install()}')
        return found

    def _require_commit(self, end: bytes) -> bytes:
        """Returns the end of a complete script. On a cut one sqlite3 would end with 0 and keep what came before."""
        if end.rstrip().endswith(b"COMMIT;"):
            return end
        raise DjangoRcloneError(
            f'Database "{self.alias}": the backup is damaged: its SQL text does not end with COMMIT. '
            "Nothing was changed. Restore another backup."
        )


def _program(name: str, *arguments: str, explain: Explanation, may_stall: bool = True) -> Command:
    return script_command(_PROGRAMS / f"{name}.py", *arguments, explain=explain, may_stall=may_stall)


def _install() -> str:
    return f"Install it (Debian: apt-get install sqlite3), or {vocabulary.current().find_program('BINARY_DIR')}."


def _notes(live: Live, mode: Mode, target: str) -> Iterator[str]:
    if live.damaged and not mode.into:
        yield f"{target} is damaged. After the restore, restart the processes that have it open."
    elif live.exists and not mode.into:
        yield "Processes that have the database open will see the restored data."
    if mode.terminate_sessions:
        yield "SQLite has no sessions that could be ended; the restore waits for processes that have the file locked."


def _damage(path: str, reason: str, library: str) -> str:
    if reason.startswith("malformed database schema"):
        return (
            f"SQLite {library} cannot read the schema of {path} ({reason}). If the app's SQLite is newer, "
            "use that version here too; otherwise the file is damaged: restore a backup."
        )
    return f"{path} is damaged ({reason}). Restore a backup."


def _stage_path(target: str) -> str:
    """Returns the path of the stage: next to the target, with the process that uses it in its name."""
    try:
        namespace = Path("/proc/self/ns/pid").stat().st_ino
    except OSError:
        namespace = 0
    path = Path(target)
    return str(path.with_name(f".{path.name}.restore-{namespace:x}.{os.getpid()}.{secrets.token_hex(4)}"))
