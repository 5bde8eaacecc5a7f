"""Records of verifications: their names and their contents."""

from __future__ import annotations

import dataclasses
import fnmatch
import json
import posixpath
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from django_rclone.catalog.verifications import standing_failure
from django_rclone.layout import verification_record
from django_rclone.layout.drill_result import DrillResult
from django_rclone.layout.manifest_paths import ManifestName, parse_manifest_name
from django_rclone.layout.verification_paths import (
    Level,
    VerificationName,
    VerificationOutcome,
    parse_verification_name,
)
from django_rclone.layout.verification_record import LARGEST_RECORD, VerificationRecord, VerificationRecordError
from tests.rclone.test_catalog import HOSTILE, NOW, manifest

NAMES = st.builds(
    VerificationName,
    st.builds(
        ManifestName,
        st.just("20261123T101500Z"),
        st.sampled_from(["default", *HOSTILE]) | st.text(min_size=1),
        st.just("k3f9q2"),
    ),
    st.sampled_from(Level),
    st.sampled_from(VerificationOutcome),
    st.just("20261127T161500Z"),
)


def record(level: str = "read", problem: str = "", *, minutes: int = 0, **other: Any) -> VerificationRecord:
    made = verification_record.describe(
        manifest("k3f9q2"),
        Level(level),
        problem,
        verified_at=NOW + timedelta(minutes=minutes),
        seconds=1.5,
        host="web1",
        django_rclone="1.0.0",
    )
    return dataclasses.replace(made, **other)


@given(NAMES)
def test_a_name_is_parsed_again(name: VerificationName):
    assert parse_verification_name(posixpath.basename(name.path)) == name


@given(NAMES)
def test_earlier_versions_neither_list_nor_read_a_record(name: VerificationName):
    file = posixpath.basename(name.path)
    assert parse_manifest_name(file) is None
    assert not fnmatch.fnmatchcase(file, "[0-9]*-*.json")  # the pattern by which they read manifests


@pytest.mark.parametrize(
    "name",
    [
        "20261123T101500Z-default-k3f9q2.json",
        "verification-20261123T101500Z-default-k3f9q2-read-passed-20261127T161500Z.json.partial",
        "verification-20261123T101500Z-default-k3f9q2-look-passed-20261127T161500Z.json",
        "verification-20261123T101500Z-default-k3f9q2-read-maybe-20261127T161500Z.json",
        "verification-20261123T101500Z-default-k3f9q2-read-passed-20269927T161500Z.json",
        "verification-20261123T101500Z-k3f9q2-read-passed-20261127T161500Z.json",
    ],
)
def test_other_names_are_not_those_of_records(name: str):
    assert parse_verification_name(name) is None


def test_a_record_is_parsed_again_and_names_itself():
    made = record(problem="its end is missing")
    assert verification_record.parse(made.to_json()) == made
    assert made.record_name.path == (
        "manifests/verification-20261123T101500Z-default-k3f9q2-read-failed-20261123T101500Z.json"
    )


DRILL = DrillResult(
    where="app__drill_1 on db:5432",
    server_version="17.4",
    steps={"restore": 42.5, "compare": 3.0},
    tables=2,
    rows=7,
    assertions=1,
    equal=False,
    differences=("table a: 1 row is missing",),
    notes=("A note.",),
)


def test_a_record_of_a_drill_is_parsed_again():
    made = record("drill", drill=DRILL)
    assert verification_record.parse(made.to_json()) == made
    assert made.drill is not None
    assert made.drill.recovery_seconds == 42.5
    assert dataclasses.replace(DRILL, steps={}).recovery_seconds is None


def test_records_without_a_drill_are_those_of_earlier_versions():
    document = json.loads(record().to_json())
    assert document.pop("drill") is None
    assert verification_record.parse(json.dumps(document)) == record()


def test_a_drill_with_many_differences_fits_into_a_record():
    many = ("\N{FACE WITH TEARS OF JOY}" * 500,) * 1000
    made = record(
        "drill", "\N{FACE WITH TEARS OF JOY}" * 2000, drill=dataclasses.replace(DRILL, differences=many, notes=many)
    )
    assert len(made.to_json().encode()) < LARGEST_RECORD
    assert verification_record.parse(made.to_json()).drill is not None


@pytest.mark.parametrize(
    "change",
    [
        {"steps": {"restore": "1"}},
        {"steps": {"restore": -1}},
        {"steps": {"restore": 1e300}},
        {"steps": []},
        {"rows": "7"},
        {"rows": True},
        {"equal": "yes"},
        {"where": None},
        {"notes": "text"},
        {"differences": [1]},
    ],
)
def test_a_drill_with_other_values_is_refused(change: dict[str, Any]):
    document = json.loads(record("drill", drill=DRILL).to_json())
    for drill in ({**document["drill"], **change}, 7, [], {}):
        with pytest.raises(VerificationRecordError):
            verification_record.parse(json.dumps({**document, "drill": drill}))


def test_a_record_describes_only_the_backup_of_the_same_owner_and_object():
    made = record()
    assert made.describes(manifest("k3f9q2"))
    for other in ({"project": "shop"}, {"name": "other"}, {"source": "db2"}, {"database": "other"}):
        assert not made.describes(dataclasses.replace(manifest("k3f9q2"), **other))
    assert not made.describes(manifest("aaaaa1"))
    assert not dataclasses.replace(made, sha256="1" * 64).describes(manifest("k3f9q2"))


@pytest.mark.parametrize(
    "change",
    [
        {"schema": 2},
        {"schema": "1"},
        {"level": "look"},
        {"outcome": None},
        {"verified_at": "2026-11-27T16:15:00"},
        {"verified_at": "9999-12-31T23:59:59Z"},
        {"seconds": "1"},
        {"seconds": -1},
        {"seconds": 1e300},
        {"problem": ["x"]},
        {"id": 7},
    ],
)
def test_a_record_with_other_values_is_refused(change: dict[str, Any]):
    with pytest.raises(VerificationRecordError):
        verification_record.parse(json.dumps(json.loads(record().to_json()) | change))


@given(st.text() | st.recursive(st.none() | st.integers() | st.text(), st.lists).map(json.dumps))
def test_no_document_raises_anything_else(text: str):
    with pytest.raises(VerificationRecordError):
        verification_record.parse(text)


def test_deeply_nested_json_is_refused():
    with pytest.raises(VerificationRecordError):
        verification_record.parse("[" * 60_000)


def failing_level(*records: VerificationRecord) -> str:
    failure = standing_failure(records)
    return failure.level.value if failure else ""


def test_a_failure_stands_until_the_same_or_a_higher_level_passes_later():
    failed = record("read", "damaged", minutes=5)
    assert failing_level() == ""
    assert failing_level(failed) == "read"
    assert failing_level(record("read", minutes=1), failed) == "read"
    assert failing_level(failed, record("hash", minutes=9)) == "read"
    assert failing_level(failed, record("read", minutes=9)) == ""
    assert failing_level(failed, record("drill", minutes=9)) == ""
    assert failing_level(failed, record("read", minutes=7), record("hash", "damaged", minutes=8)) == "hash"


@given(
    st.lists(
        st.builds(record, st.sampled_from([*Level]), st.sampled_from(["", "damaged"]), minutes=st.integers(0, 9)),
        max_size=6,
    ),
    st.randoms(),
)
def test_the_order_of_records_does_not_matter(records: list[VerificationRecord], randomness: Any):
    shuffled = list(records)
    randomness.shuffle(shuffled)
    assert failing_level(*records) == failing_level(*shuffled)


def test_times_are_those_of_names():
    made = record(verified_at=datetime(2026, 11, 27, 16, 15, tzinfo=UTC))
    assert made.record_name.verified_at == made.verified_at
