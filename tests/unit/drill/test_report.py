"""The report for auditors."""

from __future__ import annotations

import dataclasses
import json
from datetime import UTC, datetime, timedelta

from django_rclone.catalog.backup import Backup, BackupState
from django_rclone.drill import report
from django_rclone.drill.report import DatabaseReport
from django_rclone.layout import verification_record
from django_rclone.layout.drill_result import DrillResult
from django_rclone.layout.manifest import Manifest, StoredObject
from django_rclone.layout.verification_paths import Level
from django_rclone.layout.verification_record import VerificationRecord

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
MADE = NOW - timedelta(hours=3)
RESULT = DrillResult(
    where="app__drill_1 on db:5432",
    server_version="17.4",
    steps={"restore": 42.5, "read": 2, "compare": 3, "assertions": 0},
    tables=12,
    rows=3456,
    assertions=2,
    equal=True,
    notes=("A note.",),
)


def backup(state: BackupState = BackupState.GOOD) -> Backup:
    manifest = Manifest(
        id="k3f9q2",
        point="20261123T090000Z",
        project="shop",
        database="default",
        engine="postgresql",
        name="app",
        server_version="17.4",
        client="pg_dump 17.4",
        format="custom",
        compression="zstd:3",
        consistency="snapshot",
        objects=(StoredObject("db/x-k3f9q2.dump", 1000, "ab" * 32),),
        started_at=MADE,
        finished_at=MADE,
    )
    return Backup("k3f9q2", "default", "db/x-k3f9q2.dump", MADE, 1000, state, manifest)


def record(problem: str = "", drill: DrillResult | None = None, level: Level = Level.DRILL) -> VerificationRecord:
    made = verification_record.describe(
        backup().manifest,
        level,
        problem,
        verified_at=NOW - timedelta(hours=1),
        seconds=60,
        host="web1",
        django_rclone="1.0",
    )
    return dataclasses.replace(made, drill=drill)


def pages(*records: VerificationRecord, state: BackupState = BackupState.GOOD) -> tuple[str, dict[str, object]]:
    made = backup(state)
    database = DatabaseReport("default", "postgresql", [made], [(made, each) for each in records])
    document = report.document([database], "shop", NOW)
    assert json.loads(json.dumps(document)) == document
    return report.markdown([database], "shop", NOW), document["databases"][0]


def test_a_drill_is_shown_with_recovery_time_and_recovery_point():
    page, document = pages(record(drill=RESULT))
    assert "- Recovery point: 2026-11-23T09:00:00Z, 3 h ago (backup k3f9q2, 1.0 kB)." in page
    assert "- Recovery time: 42" in page
    assert "| drill | passed | yes | k3f9q2 | 2026-11-23T09:00:00Z |" in page
    assert "| 12 | 3,456 |" in page
    assert "- 2 assertions hold." in page
    assert (document["recovery_seconds"], document["recovery_point_age_seconds"]) == (42.5, 10800)


def test_a_failed_drill_is_shown_with_its_differences():
    failed = dataclasses.replace(RESULT, equal=False, differences=('table "a|b\n": 1 row is missing',), assertions=0)
    page, document = pages(record("problem", failed), state=BackupState.FAILED)
    assert "- Recovery point: none. There is no good backup." in page
    assert "- Recovery time: not known. No drill has succeeded." in page
    assert "| drill | failed | no |" in page
    assert '- Failed: table "a\\|b' in page
    assert document["recovery_point"] is None
    (verification,) = document["verifications"]  # type: ignore[misc]
    assert verification["drill"]["differences"]


def test_other_levels_have_no_recovery_time():
    page, _ = pages(record("its SHA-256 is wrong", level=Level.HASH))
    assert "| hash | failed | - |" in page
    assert "- Failed: its SHA-256 is wrong" in page
    page, _ = pages()
    assert "No verification is recorded." in page


def test_names_are_no_markup():
    database = DatabaseReport("a*b_`<script>", "postgresql", [], [])
    page = report.markdown([database], "x\n# y", NOW)
    assert "## Database a\\*b\\_\\`\\<script\\> (postgresql)" in page
    assert "\n# y" not in page
