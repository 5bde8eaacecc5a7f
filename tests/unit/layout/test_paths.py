"""Names on the remote are unique, readable, and read back as they were meant."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from django_rclone.layout import backup_ids, object_paths, recovery_points
from django_rclone.layout.manifest_paths import ManifestName, parse_manifest_name
from django_rclone.layout.object_paths import Scheme, template_problem

PLAIN = Scheme("db", "{database}-{datetime}.{ext}", "%Y-%m-%d-%H%M%S")
WHEN = datetime(2026, 11, 23, 10, 15, 0, tzinfo=UTC)
HOSTILE = [
    "a b",
    "a/b",
    "../up",
    "it's",
    'say "x"',
    "größe",
    "数据库",
    "100%",
    "%41",
    "a-b-c",
    "-",
    "--x",
    ".",
    "a\nb",
    "{x}",
    "*",
]

aliases = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30)
moments = st.integers(0, 253_000_000_000).map(lambda second: datetime.fromtimestamp(second, UTC))
ids = st.integers().map(lambda seed: backup_ids.new_id(random.Random(seed)))


@given(alias=aliases, moment=moments, backup_id=ids)
def test_a_manifests_name_reads_back(alias: str, moment: datetime, backup_id: str) -> None:
    name = ManifestName(recovery_points.name_of(moment), alias, backup_id)
    folder, _, file = name.path.partition("/")
    assert folder == "manifests"
    assert "/" not in file
    assert parse_manifest_name(file) == name


@pytest.mark.parametrize("alias", HOSTILE)
def test_a_hostile_alias_reads_back(alias: str) -> None:
    name = ManifestName("20261123T101500Z", alias, "k3f9q2")
    assert parse_manifest_name(name.path.removeprefix("manifests/")) == name
    path = PLAIN.object_path(alias, WHEN, "dump", "k3f9q2")
    assert path.count("/") == 1
    assert PLAIN.parse(path.removeprefix("db/").replace("-k3f9q2", "")) == (alias, WHEN)


any_moment = st.integers(0, 32_000_000_000).map(lambda second: datetime.fromtimestamp(second, UTC))


@example("a-b", WHEN, "k3f9q2", "{database}-{ext}-{datetime}", "%Y-%m-%d-%H%M%S")
@given(
    alias=st.sampled_from([*HOSTILE, "a", "a-b", "a-2026"]) | aliases,
    moment=any_moment,
    backup_id=ids,
    template=st.sampled_from(["{database}-{datetime}.{ext}", "{database}_{datetime}", "{database}-{ext}-{datetime}"]),
    date_format=st.sampled_from(["%Y-%m-%d-%H%M%S", "%Y%m%dT%H%M%SZ", "%Y-%m-%d", "%s"]),
)
def test_the_manifest_of_an_object_is_found_by_the_objects_name_or_not_at_all(
    alias: str, moment: datetime, backup_id: str, template: str, date_format: str
) -> None:
    scheme = Scheme("db", template, date_format)
    path = scheme.object_path(alias, moment, "dump.zst", backup_id)
    assert object_paths.object_path_problem(path, backup_id) == ""
    assert scheme.problem(path, backup_id) == ""
    found = scheme.manifest_of(path)
    if date_format in ("%Y-%m-%d", "%s"):
        assert found is None
    elif found is not None:
        assert found == ManifestName(recovery_points.name_of(moment), alias, backup_id)
    assert scheme != PLAIN or found is not None


def test_names_are_what_the_design_says() -> None:
    assert ManifestName(recovery_points.name_of(WHEN), "default", "k3f9q2").path == (
        "manifests/20261123T101500Z-default-k3f9q2.json"
    )
    assert PLAIN.object_path("default", WHEN, "sql.zst", "k3f9q2") == "db/default-2026-11-23-101500-k3f9q2.sql.zst"


def test_names_are_in_utc() -> None:
    local = WHEN.astimezone(timezone(timedelta(hours=5, minutes=30)))
    assert recovery_points.name_of(local) == "20261123T101500Z"
    assert "-101500-" in PLAIN.object_path("default", local, "dump", "k3f9q2")


@given(names=st.lists(st.builds(ManifestName, moments.map(recovery_points.name_of), aliases, ids), max_size=5))
def test_manifest_names_sort_by_time(names: list[ManifestName]) -> None:
    assert [name.point for name in sorted(names)] == sorted(name.point for name in names)


@pytest.mark.parametrize(
    "name",
    [
        *("", "x.json", "20261123T101500Z-default-k3f9q2.txt", "20261123T101500Z-default-K3F9Q2.json"),
        *("20261123T101500Z-default-3f9q2a.json", "20261123-default-k3f9q2.json", "20261123T101500Z--k3f9q2.json"),
        *("20261123T101500Z-default-k3f9q2.json.partial", "x20261123T101500Z-default-k3f9q2.json"),
    ],
)
def test_other_files_are_no_manifests(name: str) -> None:
    assert parse_manifest_name(name) is None


@given(seed=st.integers())
def test_an_id_is_six_letters_and_digits_and_no_part_of_a_date(seed: int) -> None:
    made = backup_ids.new_id(random.Random(seed))
    assert len(made) == 6
    assert made.isascii()
    assert made.isalnum()
    assert made == made.lower()
    assert made[0].isalpha()


SCHEMES = [
    PLAIN,
    Scheme("a/b", "{database}_{datetime}", "%Y%m%dT%H%M%S"),
    Scheme("db", "{database}.{datetime}.{ext}", "%Y-%m-%d %H:%M:%S"),
    Scheme("db", "{database}-{datetime}-{ext}", "%d.%m.%Y-%H.%M.%S"),
    Scheme("db", "{database} of {datetime} (all).{ext}", "%Y%j%H%M%S"),
    Scheme("db", "{database}-{datetime}.{ext}", "%Y-%b-%d-%H%M%S"),
]


@pytest.mark.parametrize("scheme", SCHEMES)
@given(
    alias=aliases,
    moment=moments.filter(lambda moment: moment.year >= 1000),
    backup_id=ids,
    extension=st.sampled_from(["dump", "sql", "sql.zst"]),
)
def test_an_objects_name_tells_its_id_and_without_it_alias_and_time(
    scheme: Scheme, alias: str, moment: datetime, backup_id: str, extension: str
) -> None:
    assume(backup_id not in alias)
    path = scheme.object_path(alias, moment, extension, backup_id)
    folder, _, name = path.rpartition("/")
    assert folder == scheme.folder
    assert scheme.id_of(name) == backup_id
    assert scheme.parse(name.replace(f"-{backup_id}", "")) == (alias, moment)


def test_an_alias_that_ends_like_an_id_is_not_taken_for_one() -> None:
    dotted = Scheme("db", "{database}.{datetime}.{ext}", "%Y-%m-%d-%H%M%S")
    assert dotted.id_of("my-backup.2026-11-23-101500-k3f9q2.dump") == "k3f9q2"
    assert dotted.id_of("my-backup.2026-11-23-101500.dump") == ""
    assert PLAIN.id_of("my-backup-2026-11-23-101500.dump") == ""


@pytest.mark.parametrize(
    "name", ["default-2026-11-23-101500.dump", "default-2026-11-23-101500.sql", "default-2026-11-23-101500.archive"]
)
def test_a_file_of_version_0_4_has_no_id_and_tells_alias_and_time(name: str) -> None:
    assert PLAIN.id_of(name) == ""
    assert PLAIN.parse(name) == ("default", WHEN)


@pytest.mark.parametrize(
    "name",
    ["", "notes.txt", "default.dump", "default-2026-13-45-101500.dump", "default-2026-11-23-101500", "-.", "a/b"],
)
def test_a_file_that_does_not_fit_the_template_tells_nothing(name: str) -> None:
    assert PLAIN.parse(name) is None


@pytest.mark.parametrize("scheme", SCHEMES)
def test_the_templates_of_these_tests_are_good_ones(scheme: Scheme) -> None:
    assert template_problem(scheme.template) == ""


@pytest.mark.parametrize(
    ("template", "problem"),
    [
        ("{database}-{datetime", "is not a format string"),
        ("{database}-{datetime:%Y}.{ext}", "accepts only plain"),
        ("{database!r}-{datetime}.{ext}", "accepts only plain"),
        ("{database}-{datetime}-{host}.{ext}", "has unknown fields: host"),
        ("{database}-{0}.{ext}", "has unknown fields: 0"),
        ("{database}.{ext}", "must have {database} and {datetime}"),
        ("{database}-{datetime}-{datetime}.{ext}", "once each"),
        ("backup", "must have"),
        ("", "must have"),
        ("{datetime}-{database}.{ext}", "must begin with {database}"),
        ("x-{database}-{datetime}.{ext}", "must begin with {database}"),
        ("{database}{datetime}.{ext}", "and a separator"),
        ("{database}/{datetime}.{ext}", "must be a file name"),
        ("{database}\\{datetime}.{ext}", "must be a file name"),
    ],
)
def test_a_bad_template_is_explained(template: str, problem: str) -> None:
    assert problem in template_problem(template)
