"""The plainest database there is: a text file. Each step's script can be replaced, to see what happens then."""

from __future__ import annotations

from pathlib import Path

from django_rclone.command import Command
from django_rclone.db.base import BaseConnector, Dump, Facts, Gate, Mode, RestorePlan
from django_rclone.layout.manifest import Manifest

ENGINE = "tests.unit.plain"
PATH = "tests.unit.plain.PlainConnector"


class PlainConnector(BaseConnector):
    """Dumps with ``cat``, restores beside the file and moves it in. DATABASE_OPTIONS hold scripts by step."""

    @property
    def engine(self) -> str:
        return "plain"

    def check(self) -> list[str]:
        return []

    def hindrances(self) -> list[str]:
        return []

    def probe(self) -> Command:
        return self._sh("probe", 'wc -c < "$0"')

    def facts(self, output: str) -> Facts:
        return Facts("1.0", int(output), tables={"lines": 3}, migrations={"app": "0001"})

    def unfinished(self, facts: Facts) -> tuple[Command, ...]:  # noqa: ARG002 - it is always the same
        left = Path(f"{self.name}.journal")
        return (self._sh("finish", 'mv "$0.journal" "$0"'),) if left.exists() else ()

    def dump(self, facts: Facts) -> Dump:  # noqa: ARG002 - it is always the same
        compression = self.options.get("compression", "")
        notes = tuple(self.options.get("notes", ()))
        return Dump(self._sh("dump", 'cat "$0"'), "txt", "text", "cat 1", compression=compression, notes=notes)

    def contents(self, manifest: Manifest) -> Command | None:  # noqa: ARG002 - it is always the same
        return self._sh("contents", "head -n 1")

    def restore(self, facts: Facts, manifest: Manifest, mode: Mode, contents: str = "") -> RestorePlan:  # noqa: ARG002
        return RestorePlan(
            target=f"the file {mode.into or self.name}",
            prepare=(self._sh("prepare", 'rm -f "$0.new"'),),
            load=(self._sh("load", 'cat > "$0.new"'),),
            commit=(self._sh("commit", 'mv "$0.new" "$0"'),),
            abort=(self._sh("abort", 'rm -f "$0.new"'),),
            gate=Gate(hold=10),
            notes=(f"It begins with {contents.strip()}.",),
        )

    def restore_by_hand(self, object_command: str) -> str:
        return f"{object_command} > FILE"

    def _sh(self, step: str, script: str) -> Command:
        return Command(("sh", "-c", self.options.get(step, script), self.name), is_loader=step != "dump")
