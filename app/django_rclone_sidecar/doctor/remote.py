"""Checks of the remote: list, write, read and delete. The right to delete is not needed for backups."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from django_rclone import conf
from django_rclone.exceptions import DjangoRcloneError
from django_rclone.layout import folders, manifest_paths
from django_rclone.process import run
from django_rclone.rclone import crypt, installation
from django_rclone.rclone.errors import AccessDenied
from django_rclone.rclone.remote import Remote
from django_rclone_sidecar import container
from django_rclone_sidecar.doctor import test_object
from django_rclone_sidecar.doctor.finding import Finding, fail, ok, run_check, warn

# Amazon S3 refuses requests signed 15 minutes off; elsewhere a wrong clock picks the wrong `latest`.
_SKEW = timedelta(minutes=1)


@dataclass(slots=True)
class RemoteUnderCheck:
    """The remote, and the object that is written as a test."""

    remote: Remote
    prunes: bool
    """Whether backups are followed by retention."""
    name: str = field(default_factory=test_object.new_name)
    written: datetime | None = None


def check(*, prunes: bool) -> Iterator[Finding]:
    """Yields the findings for the remote. ``prunes`` tells whether backups are followed by retention."""
    found: list[Remote] = []
    yield from run_check("rclone", _program, found)
    for remote in found:
        subject = RemoteUnderCheck(remote, prunes)
        for name, function in (
            ("remote", _reachable),
            ("remote", _abilities),
            ("remote", _writable),
            ("remote", _readable),
            ("clock", _clock),
            ("encryption", _encryption),
            ("remote", _deletable),
        ):
            yield from run_check(name, function, subject)


def _program(found: list[Remote]) -> Iterator[Finding]:
    remote = conf.remote()
    version = remote.version()
    shown = ".".join(str(part) for part in version)
    if version < installation.OLDEST_VERSION:
        yield fail("rclone", message=f"{shown} is too old. {installation.install()}")
        return
    yield ok("rclone", message=shown)
    found.append(remote)


def _reachable(subject: RemoteUnderCheck) -> Iterator[Finding]:
    remote = subject.remote
    crypt.check_password(remote)
    count = sum(
        manifest_paths.parse_manifest_name(entry.path) is not None for entry in remote.files(folders.MANIFEST_DIR)
    )
    yield ok("remote", message=f"{remote.where} can be listed; it has {count} manifests")
    if container.is_ephemeral(remote.where):
        yield warn("remote", message=container.EPHEMERAL.format(folder=remote.where))


def _abilities(subject: RemoteUnderCheck) -> Iterator[Finding]:
    can = subject.remote.abilities()
    how = "publishes objects when complete" if can.atomic else "needs .partial names, renamed when complete"
    yield ok("remote", message=f"the backend {how}")
    if can.streams:
        yield ok("remote", message="the backend accepts streams: dumps do not use the local disk")
    else:
        yield warn("remote", message="the backend does not accept streams: rclone first writes dumps to local disk")


def _writable(subject: RemoteUnderCheck) -> Iterator[Finding]:
    subject.remote.put(subject.name, test_object.CONTENT, atomic=subject.remote.abilities().atomic)
    subject.written = datetime.now(UTC)
    yield ok("remote", message="an object can be written")


def _readable(subject: RemoteUnderCheck) -> Iterator[Finding]:
    if subject.written is None:
        return
    if run(subject.remote.read(subject.name)) == test_object.CONTENT:
        yield ok("remote", message="and read back unchanged")
    else:
        yield fail("remote", message=f"{subject.name} was read back changed. Do not use this storage.")


def _clock(subject: RemoteUnderCheck) -> Iterator[Finding]:
    if subject.written is None or (stored := subject.remote.stored_at(subject.name)) is None:
        return
    skew = abs(subject.written - stored)
    if skew > _SKEW:
        off = f"this machine's clock differs from the storage's by {skew.total_seconds():.0f} s"
        yield warn("clock", message=f"{off}. Set this machine's clock (NTP).")
    else:
        yield ok("clock", message="same as the storage's")


def _encryption(subject: RemoteUnderCheck) -> Iterator[Finding]:
    base = subject.remote.base
    if base is None:
        yield ok("encryption", message="off: BACKUP_ENCRYPTION_PASSWORD is not set")
    elif subject.written is not None:
        names = [entry.path for entry in base.files(crypt.FOLDER)]
        hidden = [run(base.read(f"{crypt.FOLDER}/{name}")) for name in names]
        if subject.name in names or any(test_object.CONTENT in content for content in hidden):
            yield fail("encryption", message=f"{subject.name} is stored on {base.root} without encryption.")
        else:
            yield ok("encryption", message="names and contents can only be read with the password")


def _deletable(subject: RemoteUnderCheck) -> Iterator[Finding]:
    if subject.written is None:
        return
    try:
        subject.remote.delete(subject.name)
    except AccessDenied as error:
        yield from _append_only(subject, error)
        return
    if subject.remote.stat(subject.name) is not None:
        raise DjangoRcloneError(f"{subject.name} still exists after it was deleted. Old backups cannot be removed.")
    yield ok("remote", message="and deleted")


def _append_only(subject: RemoteUnderCheck, error: AccessDenied) -> Iterator[Finding]:
    """Yields what follows for retention if the remote denies deletes."""
    rest = f"{subject.name} stays until `prune` runs with other credentials. ({error})"
    if subject.prunes:
        message = f"these credentials cannot delete: retention is left to `prune`. Set BACKUP_PRUNE=off. {rest}"
        yield warn("remote", message=message)
    else:
        yield ok("remote", message=f"and these credentials cannot delete it: {rest}")
