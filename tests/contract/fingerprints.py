"""Dumps, restores and fingerprints by a connector alone, as the recipes use it, without a remote between them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django_rclone import process
from django_rclone.db import registry
from django_rclone.db.base import BaseConnector, Dump, Mode
from django_rclone.db.inspection import inspect, run_checks
from django_rclone.layout.manifest import Manifest, StoredObject
from django_rclone.verification.comparison import differences
from django_rclone.verification.fingerprint import Fingerprint, parse
from tests.contract.subjects import Subject

_CAT = process.Command(("cat",))


@dataclass(frozen=True)
class Dumped:
    """An object and its manifest."""

    manifest: Manifest
    data: bytes

    @property
    def source(self) -> process.Command:
        """The program that prints the object."""
        return process.Command(("cat", process.Attached(self.data, "object")))


def connector_of(subject: Subject, name: str = "") -> BaseConnector:
    """The connector of a subject's database, or of another one on the same server."""
    settings: Mapping[str, Any] = {**subject.database, **({"NAME": name} if name else {})}
    options = subject.options
    path = options.get("CONNECTORS", {}).get("default") or registry.ENGINES[settings["ENGINE"]]
    chosen = options.get("DATABASE_OPTIONS", {}).get("default", {})
    return registry.load(path)("default", settings, chosen, ("none", 0))


def dump(connector: BaseConnector) -> Dumped:
    """Dumps the database."""
    facts = inspect(connector)
    return _dumped(connector, connector.dump(facts), facts.server_version)


def dump_again(connector: BaseConnector, original: Dumped) -> Dumped:
    """Dumps what was restored from an object."""
    facts = inspect(connector)
    return _dumped(connector, connector.dump_restored(facts, original.manifest), facts.server_version)


def _dumped(connector: BaseConnector, made: Dump, server_version: str) -> Dumped:
    run_checks(made)
    data = process.collect(made.command, *made.through, _CAT)
    now = datetime.now(UTC)
    manifest = Manifest(
        id="k3f9q2",
        point="x",
        project="",
        database=connector.alias,
        engine=connector.engine,
        name=connector.name,
        server_version=server_version,
        client=made.client,
        format=made.format,
        compression=made.compression,
        consistency=made.consistency,
        objects=(StoredObject("db/object-k3f9q2", len(data), "0" * 64, None if made.compression else len(data)),),
        started_at=now,
        finished_at=now,
        session=made.session,
    )
    return Dumped(manifest, data)


def restore(connector: BaseConnector, dumped: Dumped, into: str = "") -> None:
    """Restores an object over the live database, or into another one."""
    facts = inspect(connector)
    reader = connector.contents(dumped.manifest)
    contents = process.peek(dumped.source, reader).decode(errors="surrogateescape") if reader else ""
    plan = connector.restore(facts, dumped.manifest, Mode(into=into), contents)
    for command in plan.prepare:
        process.run(command)
    process.pipe(dumped.source, *plan.load, gate=plan.gate)
    for command in plan.commit:
        process.run(command)


def fingerprint(connector: BaseConnector, dumped: Dumped) -> Fingerprint:
    """The fingerprint of an object."""
    programs = connector.fingerprint(dumped.manifest)
    assert programs is not None
    return parse(process.collect(dumped.source, *programs))


def assert_equal_copy(subject: Subject, name: str) -> None:
    """Asserts that what was restored into another database equals the live one."""
    live, copy = connector_of(subject), connector_of(subject, name)
    original = dump(live)
    assert differences(fingerprint(live, original), fingerprint(copy, dump_again(copy, original))) == []
