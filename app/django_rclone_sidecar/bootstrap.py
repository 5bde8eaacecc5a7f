"""Set-up of the sidecar's Django project."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module

import django

from django_rclone import conf
from django_rclone.db import registry
from django_rclone.exceptions import ConfigurationError, DjangoRcloneError
from django_rclone.masking import mask
from django_rclone_sidecar import container, logs, rclone_config
from django_rclone_sidecar.environment.read import SETTINGS_MODULE, Environment
from django_rclone_sidecar.report import Task, UnknownArgument
from django_rclone_sidecar.settings import build
from django_rclone_sidecar.target_project import Target

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Sidecar:
    """The environment, the target project, and the aliases of the databases to back up."""

    environment: Environment
    target: Target
    aliases: list[str]

    def selected(self, databases: list[str] | None) -> list[str]:
        """Returns the aliases given with ``--database``, or all. Raises UnknownArgument for an unknown alias."""
        try:
            return build.require_known(databases, self.target, "--database") if databases else self.aliases
        except ConfigurationError as error:
            raise UnknownArgument(str(error)) from error

    def engine(self, alias: str) -> str:
        """Returns the name of a database's engine, as in manifests and metrics."""
        try:
            return registry.connector(alias).engine
        except DjangoRcloneError:  # reported when the database is used
            return str(self.target.databases[alias].get("ENGINE", "")).rpartition(".")[2]

    def task(self, work: Callable[[], object], alias: str = "") -> Task:
        """Returns a task for one database, or for the media files."""
        return Task(work, alias, self.engine(alias) if alias else "")


def start(environment: Environment, *, announce: bool = True) -> Sidecar:
    """Resolves the target project and sets up Django. With ``announce``, logs the databases and the remote."""
    rclone_config.provide(os.environ)
    settings = import_module(SETTINGS_MODULE)
    target: Target = settings.TARGET
    logs.add_secrets(build.passwords(target, settings.DJANGO_RCLONE))
    _find_connectors(environment, target)
    django.setup()
    sidecar = Sidecar(environment, target, build.aliases(environment, target))
    if announce:
        _log_target(sidecar)
    return sidecar


def _find_connectors(environment: Environment, target: Target) -> None:
    """Makes the project's own connectors importable, after our own packages in the search path."""
    if target.django_rclone.get("CONNECTORS") or target.django_rclone.get("CONNECTOR_MAPPING"):
        sys.path.append(environment.get("TARGET_PATH"))


def _log_target(sidecar: Sidecar) -> None:
    for alias in sidecar.aliases:
        where, origin = build.describe(sidecar.target.databases[alias]), sidecar.target.origins.get(alias, "")
        extra = {"event": "target.database", "database": alias, logs.NO_SECRETS: True}
        logger.info('Database "%s": %s (from %s)', alias, where, origin, extra=extra)
    remote = conf.configured()["REMOTE"]
    encrypted = ", encrypted" if conf.configured().get("ENCRYPTION_PASSWORD") else ""
    logger.info("Remote: %s%s", mask(remote), encrypted, extra={"event": "target.remote"})
    if container.is_ephemeral(remote):
        logger.warning("%s", container.EPHEMERAL.format(folder=remote), extra={"event": "target.remote"})
    for note in sidecar.target.notes:
        logger.warning("%s", note, extra={"event": "target.note"})
