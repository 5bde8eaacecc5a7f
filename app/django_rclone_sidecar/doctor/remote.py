"""Can the remote take, keep and give back what a backup needs?"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from django_rclone import conf, naming
from django_rclone.exceptions import DjangoRcloneError
from django_rclone.process import run
from django_rclone.rclone import crypt
from django_rclone.rclone import remote as rclone
from django_rclone.rclone.remote import Remote
from django_rclone_sidecar import container
from django_rclone_sidecar.doctor.finding import Finding, fail, ok, safely, warn

_CONTENT = b"A test of django-rclone's doctor. It may be deleted.\n"

# Amazon's servers refuse what is signed 15 minutes off; where nobody refuses, a `latest` by time goes wrong.
_SKEW = timedelta(minutes=1)


@dataclass(slots=True)
class Patient:
    """The remote, and the object that is written for a test."""

    remote: Remote
    name: str = field(default_factory=lambda: f"doctor-{naming.new_id(random.SystemRandom())}.txt")
    written: datetime | None = None


def check() -> Iterator[Finding]:
    """Gives what is found of the remote, in the order in which a backup would meet it."""
    found: list[Patient] = []
    yield from safely("rclone", _program, found)
    for patient in found:
        for name, function in (
            ("remote", _reachable),
            ("remote", _abilities),
            ("remote", _writable),
            ("remote", _readable),
            ("clock", _clock),
            ("encryption", _encryption),
            ("remote", _deletable),
        ):
            yield from safely(name, function, patient)


def _program(found: list[Patient]) -> Iterator[Finding]:
    remote = conf.remote()
    version = remote.version()
    shown = ".".join(str(part) for part in version)
    if version < rclone.OLDEST:
        yield fail("rclone", message=f"{shown} is too old. {rclone.install()}")
        return
    yield ok("rclone", message=shown)
    found.append(Patient(remote))


def _reachable(patient: Patient) -> Iterator[Finding]:
    remote = patient.remote
    crypt.check_password(remote)
    count = sum(naming.parse_manifest_name(entry.path) is not None for entry in remote.files(naming.MANIFEST_DIR))
    yield ok("remote", message=f"{remote.where} can be listed; it has {count} manifests")
    if container.vanishes(remote.where):
        yield warn("remote", message=container.VANISHES.format(folder=remote.where))


def _abilities(patient: Patient) -> Iterator[Finding]:
    can = patient.remote.abilities()
    how = "shows only whole objects" if can.atomic else "takes objects under a .partial name, moved when they are whole"
    yield ok("remote", message=f"the backend {how}")
    if can.streams:
        yield ok("remote", message="the backend takes streams: no dump touches the local disk")
    else:
        yield warn("remote", message="the backend takes no streams: rclone writes each dump to local disk first")


def _writable(patient: Patient) -> Iterator[Finding]:
    patient.remote.put(patient.name, _CONTENT, atomic=patient.remote.abilities().atomic)
    patient.written = datetime.now(UTC)
    yield ok("remote", message="an object can be written")


def _readable(patient: Patient) -> Iterator[Finding]:
    if patient.written is None:
        return
    if run(patient.remote.read(patient.name)) == _CONTENT:
        yield ok("remote", message="and read, as it was written")
    else:
        yield fail("remote", message=f"{patient.name} was read back with other bytes. Do not trust this storage.")


def _clock(patient: Patient) -> Iterator[Finding]:
    if patient.written is None or (stored := patient.remote.stored_at(patient.name)) is None:
        return
    skew = abs(patient.written - stored)
    if skew > _SKEW:
        off = f"{skew.total_seconds():.0f} s"
        yield warn("clock", message=f"this machine and the storage are {off} apart. Set this machine's clock (NTP).")
    else:
        yield ok("clock", message="as the storage's")


def _encryption(patient: Patient) -> Iterator[Finding]:
    base = patient.remote.base
    if base is None:
        yield ok("encryption", message="off: BACKUP_ENCRYPTION_PASSWORD is not set")
    elif patient.written is not None:
        names = [entry.path for entry in base.files(crypt.FOLDER)]
        hidden = [run(base.read(f"{crypt.FOLDER}/{name}")) for name in names]
        if patient.name in names or any(_CONTENT in content for content in hidden):
            yield fail("encryption", message=f"{patient.name} lies on {base.root} as it was written.")
        else:
            yield ok("encryption", message="names and contents are unreadable without the password, and read with it")


def _deletable(patient: Patient) -> Iterator[Finding]:
    if patient.written is None:
        return
    patient.remote.delete(patient.name)
    if patient.remote.stat(patient.name) is not None:
        raise DjangoRcloneError(f"{patient.name} is still there. Old backups could not be removed.")
    yield ok("remote", message="and deleted")
