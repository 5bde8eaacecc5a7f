"""The history of runs, written by every run and read by the web server of ``serve``.

It can be lost without harm, so a file that is damaged or of another version is replaced by a new one.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

import django
from django.apps import apps
from django.db import DatabaseError, OperationalError, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from django_rclone.exceptions import DjangoRcloneError
from django_rclone_sidecar.history import location
from django_rclone_sidecar.history.location import ALIAS

logger = logging.getLogger(__name__)

SCHEMA = 2
"""Incremented with every change of the models."""


class Unusable(DjangoRcloneError):
    """The history can neither be read nor created."""


@cache
def _warn_once(message: str) -> None:
    logger.warning("%s", message, extra={"event": "history.unusable"})


def warn_once(error: Unusable) -> None:
    """Logs, once per process, that there is no history."""
    _warn_once(str(error))


@contextmanager
def opened() -> Iterator[Any]:
    """Opens a transaction on the history, in which its models can be used, and yields ``writer``. Raises Unusable.

    Works without a target too: if Django is not set up, the settings ``base`` are used. The models, and so ``writer``,
    can only be imported after that.
    """
    if not apps.ready:
        os.environ["DJANGO_SETTINGS_MODULE"] = "django_rclone_sidecar.settings.base"
        django.setup()
    connection = connections[ALIAS]
    try:
        _prepare(connection)
        with transaction.atomic(using=ALIAS):
            yield import_module("django_rclone_sidecar.history.writer")
    except (DatabaseError, OSError) as error:
        if type(error) is DatabaseError:  # damaged: the next run creates a new file
            connection.close()
            _remove(Path(str(connection.settings_dict["NAME"])))
        raise Unusable(f"The history {connection.settings_dict['NAME']} cannot be used: {error}.") from error
    finally:
        connection.close()


def _prepare(connection: BaseDatabaseWrapper) -> None:
    file = Path(str(connection.settings_dict["NAME"]))
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not location.is_ours(file):
        raise Unusable(f"{file.parent} belongs to another user: the history cannot be stored there.")
    try:
        found = version(connection)
    except OperationalError:
        raise  # busy, full or not permitted: the file may be good
    except DatabaseError as error:
        logger.warning("The history %s is damaged (%s): a new one is created.", file, error)
        found = -1
    if found == SCHEMA:
        return
    if found != 0:
        connection.close()
        _remove(file)
    with connection.schema_editor() as editor:
        if version(connection) == SCHEMA:
            return  # another process was here first
        for model in apps.get_app_config("django_rclone_sidecar").get_models():
            editor.create_model(model)
        editor.execute(f"PRAGMA user_version = {SCHEMA}")


def _remove(file: Path) -> None:
    for part in (file, file.with_name(f"{file.name}-journal")):
        part.unlink(missing_ok=True)


def version(connection: BaseDatabaseWrapper) -> int:
    """Returns the version of the tables in the file, 0 for a new one."""
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA user_version")
        (version,) = cursor.fetchone()
    return int(version)
