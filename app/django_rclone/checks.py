"""System checks: each problem has an id, a message and a hint.

The checks read only settings and this machine, and open no connection. Wrong settings are errors. Missing programs are
warnings: backups may be made on another machine than the one that runs `migrate`.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage, Error, register

from django_rclone import conf, folder_overlap, see_documentation, setting_names
from django_rclone.db import registry
from django_rclone.db.sqlite.connector import SqliteConnector
from django_rclone.exceptions import ConfigurationError, DjangoRcloneError
from django_rclone.media import media_root
from django_rclone.rclone import backend_options, flags, installation, secrets
from django_rclone.setting_names import Key

TAG = "django_rclone"

_CONNECTOR_HINT = see_documentation("Writing a connector")


@register(TAG)
def check_settings(**_kwargs: Any) -> list[CheckMessage]:
    """E001 REMOTE missing, E002 unknown key, E003 invalid value, E004 password in REMOTE, E008 refused option
    of rclone, W006 RCLONE_… variable that rclone does not know."""
    try:
        configured = conf.configured()
    except ConfigurationError as error:
        return [Error(str(error), hint=setting_names.current().remote_example, id=f"{TAG}.E003")]
    return [*_remote_problems(configured.get("REMOTE")), *_key_problems(), *_value_problems(), *_rclone_problems()]


def _remote_problems(remote: Any) -> Iterator[CheckMessage]:
    if not remote:
        yield Error(
            f"{setting_names.current().item('REMOTE')} is not set.",
            hint=setting_names.current().remote_example,
            id=f"{TAG}.E001",
        )
    elif isinstance(remote, str) and secrets.has_secret(remote):
        problem, hint = secrets.EXPOSED.split(". ", 1)
        yield Error(f"{setting_names.current().item('REMOTE')} {problem}.", hint=hint, id=f"{TAG}.E004")


def _key_problems() -> Iterator[CheckMessage]:
    for key, meant in conf.unknown_keys().items():
        hint = f'Did you mean "{meant}"?' if meant else f"Known keys: {', '.join(sorted(conf.SETTINGS))}."
        yield Error(f'{setting_names.current().dictionary} has an unknown key "{key}".', hint=hint, id=f"{TAG}.E002")


def _value_problems() -> Iterator[CheckMessage]:
    names = setting_names.current()
    for name, setting in conf.SETTINGS.items():
        missing = name == "REMOTE" and not conf.configured().get(name)  # this is E001
        if name in conf.configured() and not missing and (problem := conf.problem(name)):
            yield Error(f"{names.item(name)} {problem}.", hint=setting.meaning, id=f"{TAG}.E003")
    by_alias: tuple[Key, ...] = ("CONNECTORS", "DATABASE_OPTIONS")
    for name in by_alias:
        value = conf.configured().get(name)
        for alias in value if isinstance(value, dict) else ():
            if alias not in settings.DATABASES:
                yield Error(
                    f'{names.item(name)} names the database "{alias}", which is not in DATABASES.',
                    hint=f"DATABASES has: {', '.join(sorted(settings.DATABASES))}.",
                    id=f"{TAG}.E003",
                )


def _rclone_problems() -> Iterator[CheckMessage]:
    for name, meant in flags.unknown_variables(os.environ).items():
        message = f"rclone {backend_options.VERSION} does not know the variable {name}: it is not passed on."
        hint = f"Did you mean {meant}?" if meant else "Set it for the remote: RCLONE_CONFIG_<NAME>_<OPTION>."
        yield checks.Warning(message, hint=hint, id=f"{TAG}.W006")
    with suppress(DjangoRcloneError):  # an invalid value, or an rclone that does not run
        for problem in conf.rclone_problems():
            yield Error(problem, hint=see_documentation("rclone options"), id=f"{TAG}.E008")


@register(TAG)
def check_connectors(**_kwargs: Any) -> list[CheckMessage]:
    """E005 connector path that does not import, E006 connector written for 0.4, W001 engine without a connector,
    E007 invalid option of a database, W002 SQLite not in WAL mode, W003 obstacle to a backup."""
    try:
        return [message for alias in settings.DATABASES for message in _connector_problems(alias)]
    except ConfigurationError:
        return []  # check_settings reports it


def _connector_problems(alias: str) -> Iterator[CheckMessage]:
    names = setting_names.current()
    engine = str(settings.DATABASES[alias].get("ENGINE", ""))
    if engine in registry.NO_ENGINE:
        return
    path = registry.connector_path(alias, engine)
    if not path:
        yield checks.Warning(
            f'The database "{alias}" cannot be backed up: no connector for the engine "{engine}".',
            hint=registry.name_a_connector(),
            id=f"{TAG}.W001",
        )
        return
    try:
        registry.load(path)
    except registry.OutdatedConnector as error:
        yield Error(str(error), hint=_CONNECTOR_HINT, id=f"{TAG}.E006")
        return
    except ConfigurationError as error:
        yield Error(
            str(error),
            hint=f"Check {names.setting('CONNECTORS')} and {names.setting('CONNECTOR_MAPPING')}.",
            id=f"{TAG}.E005",
        )
        return
    connector = registry.connector(alias, connects=False)
    for problem in connector.check():
        yield Error(f'Database "{alias}": {problem}', hint=_CONNECTOR_HINT, id=f"{TAG}.E007")
    for problem in connector.hindrances():
        hint = "Nothing to do if backups are made on another machine."
        yield checks.Warning(f'Database "{alias}": {problem}', hint=hint, id=f"{TAG}.W003")
    if isinstance(connector, SqliteConnector) and not connector.spool and connector.journal_mode() == "rollback":
        yield checks.Warning(
            f'The SQLite database "{alias}" is in rollback-journal mode: writers wait while it is backed up.',
            hint='Switch it to WAL once: `sqlite3 FILE "PRAGMA journal_mode=WAL"`, or set SPOOL in '
            f"{names.setting('DATABASE_OPTIONS')}.",
            id=f"{TAG}.W002",
        )


@register(TAG)
def check_media(**_kwargs: Any) -> list[CheckMessage]:
    """E010 folders of databases and media that overlap, E011 remote and MEDIA_ROOT that overlap."""
    try:
        if overlap := conf.overlap():
            problem, hint = overlap.rsplit(". ", 1)
            return [Error(f"{problem}.", hint=hint, id=f"{TAG}.E010")]
        if overlap := folder_overlap.of_media_root(conf.remote(), media_root.path()):
            problem, hint = overlap.rsplit(". ", 1)
            return [Error(f"{problem}.", hint=hint, id=f"{TAG}.E011")]
    except DjangoRcloneError:
        return []  # check_settings reports it, or there are no media files
    return []


@register(TAG)
def check_rclone(**_kwargs: Any) -> list[CheckMessage]:
    """W004 rclone missing, W005 rclone too old."""
    try:
        remote = conf.remote()
    except ConfigurationError:
        return []
    if shutil.which(remote.binary) is None:
        message = f'The program "{remote.binary}" (rclone) was not found.'
        return [checks.Warning(message, hint=installation.install(), id=f"{TAG}.W004")]
    try:
        version = remote.version()
    except DjangoRcloneError as error:
        return [checks.Warning(f"rclone does not start: {error}", hint=installation.install(), id=f"{TAG}.W004")]
    if version < installation.OLDEST:
        have, need = (".".join(str(part) for part in parts) for parts in (version, installation.OLDEST))
        message = f"rclone {have} is too old: {need} or newer is needed."
        return [checks.Warning(message, hint=installation.install(), id=f"{TAG}.W005")]
    return []
