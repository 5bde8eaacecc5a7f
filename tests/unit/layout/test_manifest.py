"""A manifest reads back whole, or not at all."""

from __future__ import annotations

import dataclasses
import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from django_rclone.layout import manifest, recovery_points
from django_rclone.layout.folders import RESERVED
from django_rclone.layout.manifest import Manifest, ManifestError, StoredObject

texts = st.text(st.characters(exclude_characters="\0"), max_size=20)  # lone surrogates too: bytes that are no text
zones = st.integers(-720, 840).map(lambda minutes: timezone(timedelta(minutes=minutes)))
times = st.builds(
    lambda milliseconds, zone: datetime.fromtimestamp(0, zone) + timedelta(milliseconds=milliseconds),
    st.integers(0, 3 * 10**13),
    zones,
)
hashes = st.text("0123456789abcdef", min_size=64, max_size=64)
counts = st.integers(0, 2**50)
ids = st.from_regex(r"[a-z][a-z0-9]{4}[0-9]", fullmatch=True)
folders = (
    st.lists(
        st.text(st.characters(exclude_categories=["C", "Z"], exclude_characters="/\\."), min_size=1),
        min_size=1,
        max_size=3,
    )
    .map("/".join)
    .filter(lambda folder: folder.split("/")[0].casefold() not in RESERVED)
)


@st.composite
def _manifests(draw: st.DrawFn) -> Manifest:
    named = {entry.name: draw(texts) for entry in dataclasses.fields(Manifest) if entry.type == "str"}
    backup_id = draw(ids)
    path = f"{draw(folders)}/x-{backup_id}.dump"
    return Manifest(
        **named | {"id": backup_id, "point": recovery_points.name_of(draw(times))},
        objects=(StoredObject(path, draw(counts), draw(hashes), draw(st.none() | counts)),),
        started_at=draw(times),
        finished_at=draw(times),
        migrations=draw(st.dictionaries(texts, texts, max_size=3)),
        tables=draw(st.dictionaries(texts, counts, max_size=3)),
    )


manifests = _manifests()

GOOD = Manifest(
    id="k3f9q2",
    point="20261123T101500Z",
    project="",
    database="default",
    engine="postgresql",
    name="app",
    server_version="17.4",
    client="pg_dump 17.4",
    format="dump",
    compression="",
    consistency="snapshot",
    objects=(StoredObject("db/default-2026-11-23-101500-k3f9q2.dump", 10, "0" * 64),),
    started_at=datetime(2026, 11, 23, 10, 15, tzinfo=UTC),
    finished_at=datetime(2026, 11, 23, 10, 16, tzinfo=UTC),
)


OBJECT = {"path": "db/x-k3f9q2.dump", "bytes": 1, "sha256": "0" * 64}


def changed(**changes: Any) -> str:
    document = json.loads(GOOD.to_json()) | changes
    return json.dumps({key: value for key, value in document.items() if value is not ...})


@given(written=manifests)
def test_a_manifest_reads_back(written: Manifest) -> None:
    assert manifest.parse(written.to_json().encode().decode()) == written


def test_times_are_written_in_utc() -> None:
    local = dataclasses.replace(GOOD, started_at=GOOD.started_at.astimezone(timezone(timedelta(hours=2))))
    assert json.loads(local.to_json())["started_at"] == "2026-11-23T10:15:00.000Z"


def test_the_size_is_that_of_all_objects() -> None:
    two = dataclasses.replace(GOOD, objects=(*GOOD.objects, StoredObject("b", 5, "0" * 64)))
    assert two.bytes == 15


@pytest.mark.parametrize(
    "path",
    [
        *("../outside-k3f9q2.dump", "db/../../outside-k3f9q2.dump", "/etc/x-k3f9q2.dump", "db//x-k3f9q2.dump"),
        *("db/./x-k3f9q2.dump", "db/ /x-k3f9q2.dump", "db/.. /x-k3f9q2.dump", "db/", "", "x-k3f9q2.dump"),
        *("db\\..\\..\\x-k3f9q2.dump", "..\\db/x-k3f9q2.dump", "db/x\n-k3f9q2.dump", "db/\x1b[2Jx-k3f9q2.dump"),
        *("db/x-k3f9q2.dump\0", "db/x-aaaaa1.dump", "db/x.dump", "db/k3f9q2.dump", "db/k3f9q2/x.dump"),
        *("manifests/20261123T101500Z-default-k3f9q2.json", "Manifests/x-k3f9q2.dump", "RESTORE.md/x-k3f9q2.dump"),
        *("media-history/x-k3f9q2.dump", "projects/shop/media/x-k3f9q2.jpg", "encrypted/x-k3f9q2.dump"),
        *("db/x-k3f9q2.dump/..", "db/x-k3f9q2.dump/y", "\u2028/x-k3f9q2.dump", "C:\\x-k3f9q2.dump"),
    ],
)
def test_an_object_lies_below_a_backup_folder_and_bears_the_manifests_id(path: str) -> None:
    one = json.loads(GOOD.to_json())["objects"][0]
    assert manifest.parse(changed(objects=[one | {"path": "other/folder/x-k3f9q2.dump"}])).id == "k3f9q2"
    with pytest.raises(ManifestError, match="damaged") as refused:
        manifest.parse(changed(objects=[one | {"path": path}]))
    assert str(refused.value).isprintable()


@given(more=st.dictionaries(texts.map(lambda name: "x-" + name), texts))
def test_unknown_fields_are_ignored(more: dict[str, str]) -> None:
    assert manifest.parse(changed(**more)) == GOOD
    in_object = json.loads(GOOD.to_json())["objects"][0] | more
    assert manifest.parse(changed(objects=[in_object])) == GOOD


@pytest.mark.parametrize("name", ["host", "django_version", "migrations", "tables", "restore", "django_rclone"])
def test_what_is_only_information_may_be_missing(name: str) -> None:
    assert manifest.parse(changed(**{name: ...})).id == "k3f9q2"


@pytest.mark.parametrize("name", ["id", "point", "database", "objects", "started_at", "compression", "name", "project"])
def test_what_a_restore_needs_may_not_be_missing(name: str) -> None:
    with pytest.raises(ManifestError, match="damaged"):
        manifest.parse(changed(**{name: ...}))


@pytest.mark.parametrize("schema", [2, 3, 1000])
def test_a_newer_schema_is_refused_with_the_remedy(schema: int) -> None:
    with pytest.raises(ManifestError, match=rf"has schema {schema}; .* reads up to 1\. Upgrade django-rclone\.$"):
        manifest.parse(changed(schema=schema))


@given(cut=st.integers(0))
def test_a_manifest_that_is_cut_anywhere_is_refused(cut: int) -> None:
    whole = GOOD.to_json().rstrip()
    with pytest.raises(ManifestError):
        manifest.parse(whole[: cut % len(whole)])


@pytest.mark.parametrize(
    "change",
    [
        *({"objects": []}, {"objects": ["x"]}, {"objects": [None]}, {"objects": "db/x"}, {"objects": {}}),
        *({"objects": [{}]}, {"objects": [{"path": "x", "bytes": 1, "sha256": ""}]}),
        *({"objects": [{"path": "x", "bytes": "1", "sha256": "0" * 64}]},),
        *({"objects": [{"path": "x", "bytes": -1, "sha256": "0" * 64}]},),
        *({"objects": [{"path": "x", "bytes": 1, "sha256": ["0"] * 64}]},),
        *({"objects": [{"path": 5, "bytes": 1, "sha256": "0" * 64}]},),
        *({"started_at": "2026-11-23T10:15:00"}, {"started_at": "yesterday"}, {"started_at": 5}, {"started_at": None}),
        *(
            {"id": ""},
            {"id": "../../x"},
            {"id": "K3F9Q2"},
            {"point": ""},
            {"point": "20261323T101500Z"},
            {"point": "../x"},
        ),
        *({"started_at": "9999-12-31T23:59:59Z"}, {"finished_at": "9999-12-31T23:59:59-14:00"}),
        *({"started_at": "1969-12-31T23:59:59Z"}, {"name": "a\0b"}, {"database": "\0"}, {"project": "shop\0"}),
        *(
            {"tables": []},
            {"tables": {"a": -1}},
            {"tables": {"a": 2**63}},
            {"tables": {"a": True}},
            {"tables": {"a": 1.5}},
        ),
        *({"session": None}, {"session": []}, {"session": "public"}, {"session": {"TimeZone": 5}}),
        *({"session": {"search_path": ["public"]}}, {"session": {"search_path": "a\0"}}),
        *({"tables": {"a\0": 1}}, {"migrations": {"a": 5}}, {"migrations": {"a": "\0"}}, {"migrations": ["a"]}),
        *(
            {"objects": [OBJECT, OBJECT]},
            {"objects": [OBJECT | {"bytes": 10**30}]},
            {"objects": [OBJECT | {"bytes": True}]},
        ),
        *({"objects": [OBJECT | {"raw_bytes": 10**30}]}, {"objects": [OBJECT | {"raw_bytes": -1}]}),
        *({"objects": [OBJECT | {"sha256": "z" * 64}]}, {"objects": [OBJECT | {"sha256": None}]}),
        *({"finished_at": "0001-01-01T00:00:00+14:00"}, {"database": None}, {"name": 5}, {"project": None}, {"id": []}),
    ],
)
def test_a_manifest_with_a_wrong_value_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(ManifestError, match="damaged"):
        manifest.parse(changed(**change))


@pytest.mark.parametrize(
    "text",
    ["", "null", "[]", "5", "{}", '{"schema": "1"}', "<html>", "nul\0", '{"a": 1}', "[" * 100_000],
    ids=lambda text: text[:9].replace("\0", ""),
)
def test_something_else_is_no_manifest(text: str) -> None:
    with pytest.raises(ManifestError):
        manifest.parse(text)


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=5,
)


@given(name=st.sampled_from([*(entry.name for entry in dataclasses.fields(Manifest)), "schema"]), value=anything)
def test_no_document_can_do_more_than_be_refused(name: str, value: Any) -> None:
    try:
        found = manifest.parse(changed(**{name: value}))
    except ManifestError:
        return
    assert isinstance(found.to_json(), str)


def test_a_manifest_has_a_largest_size() -> None:
    with pytest.raises(ManifestError, match="at most 16,777,216 bytes"):
        manifest.parse(changed(host="x" * manifest.LARGEST_MANIFEST))


def test_a_manifest_with_names_that_are_no_text_can_be_written_anywhere() -> None:
    odd = dataclasses.replace(GOOD, name="/srv/caf\udce9.sqlite3", restore="sqlite3 /srv/caf\udce9.sqlite3")
    assert manifest.parse(odd.to_json().encode("ascii", errors="strict").decode()) == odd
