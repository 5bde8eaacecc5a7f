"""Sources of the target's settings: a JSON file, its settings module or URLs."""

from __future__ import annotations

import os
from collections.abc import Container, Mapping
from typing import Any

from django_rclone.exceptions import ConfigurationError
from django_rclone_sidecar.environment import parsers
from django_rclone_sidecar.environment.read import SETTINGS_MODULE
from django_rclone_sidecar.target_project import database_urls, json_file, normalize
from django_rclone_sidecar.target_project.model import Target
from django_rclone_sidecar.target_project.settings_loader import child_process, load, messages

_CHOICES = ("auto", "settings", "url")


def resolve(environ: Mapping[str, str]) -> Target:
    """Returns the target that the environment names.

    Sources in order of precedence: TARGET_JSON_FILE; the settings module (TARGET_SETTINGS_MODULE or
    DJANGO_SETTINGS_MODULE) below TARGET_PATH; DATABASE_URL. BACKUP_TARGET forces settings or url.
    DATABASE_URL_<ALIAS> overrides one alias.
    Raises ConfigurationError if the environment names no target, or if one of its settings is unknown.
    """
    choice = environ.get("BACKUP_TARGET") or "auto"
    if choice not in _CHOICES:
        raise ConfigurationError(f'BACKUP_TARGET is "{choice}". Set it to one of {", ".join(_CHOICES)}.')
    module = _module(environ)
    file = environ.get("TARGET_JSON_FILE", "")
    if choice != "url" and file:
        return _with_overrides(environ, json_file.read(file), f"TARGET_JSON_FILE {file}")
    if choice == "url" or (choice == "auto" and not module):
        return _from_urls(environ)
    if not module:
        raise ConfigurationError("BACKUP_TARGET is settings, but no module is named. Set TARGET_SETTINGS_MODULE.")
    try:
        return _from_settings(environ, module)
    except child_process.SettingsModuleMissing as error:
        if choice == "auto" and environ.get("DATABASE_URL"):
            return _from_urls(environ, f"{error} DATABASE_URL is used instead.")
        raise


def _module(environ: Mapping[str, str]) -> str:
    module = environ.get("TARGET_SETTINGS_MODULE") or environ.get("DJANGO_SETTINGS_MODULE") or ""
    return "" if module == SETTINGS_MODULE else module


def _from_urls(environ: Mapping[str, str], *notes: str) -> Target:
    variables, ignored = _without_foreign_urls(environ, database_urls.variables(environ))
    if not variables:
        raise ConfigurationError(
            "There is nothing to back up: set TARGET_SETTINGS_MODULE (and mount the project at TARGET_PATH), or "
            "DATABASE_URL." + "".join(f" {note}" for note in ignored)
        )
    databases = {alias: database_urls.parse(name, environ[name]) for alias, name in variables.items()}
    target = Target(databases, variables, media_root=environ.get("BACKUP_MEDIA_ROOT", ""), notes=(*notes, *ignored))
    return normalize.normalize(target, _selected(environ), base="")


def _from_settings(environ: Mapping[str, str], module: str) -> Target:
    path = os.path.abspath(environ.get("TARGET_PATH") or "/target")  # noqa: PTH100 - links are not resolved
    if not os.path.isdir(path):  # noqa: PTH112
        raise child_process.SettingsModuleMissing(
            f"TARGET_PATH is {path}: no such folder. Mount the project's source there."
        )
    request = child_process.Request(
        module,
        path,
        child_process.DEADLINE,
        configuration=environ.get("DJANGO_CONFIGURATION", ""),
        packages=tuple(filter(None, environ.get("TARGET_PACKAGES", "").split(os.pathsep))),
        ignored=_split(environ.get("TARGET_IGNORE_PACKAGES", "")),
    )
    loaded = load.load(request, environ)
    problems = loaded.problems
    overridden = [alias for alias, name in database_urls.variables(environ).items() if name != "DATABASE_URL"]
    selected = _selected(environ)
    if "DATABASES" in problems:
        raise ConfigurationError(problems["DATABASES"])
    notes = list(loaded.warnings)
    for alias, problem in loaded.alias_problems.items():
        if alias in overridden:
            continue
        if alias in selected or not selected:
            raise ConfigurationError(problem)
        notes.append(
            f'The settings of database "{alias}" cannot be read; it is not in BACKUP_DATABASES, so not needed.'
        )
    _check_settings(environ, loaded)
    if "DEFAULT_FILE_STORAGE" in loaded.known and "STORAGES" not in loaded.known:
        notes.append("DEFAULT_FILE_STORAGE is used as the storage of media; Django 5.1 and newer ignore it.")
    target = {
        "databases": loaded.known["DATABASES"],
        "media_root": loaded.known.get("MEDIA_ROOT", ""),
        "storages": loaded.known.get("STORAGES") or _older_storages(loaded.known),
        "time_zone": loaded.known.get("TIME_ZONE", ""),
        "django_rclone": loaded.known.get("DJANGO_RCLONE", {}),
    }
    return _with_overrides(environ, target, f"settings {module}", *notes)


def _check_settings(environ: Mapping[str, str], loaded: load.Loaded) -> None:
    """Raises ConfigurationError for an unknown setting that the environment does not override."""
    problems = loaded.problems
    if not environ.get("BACKUP_MEDIA_ROOT") and not parsers.is_off(environ.get("BACKUP_MEDIA", "")):
        for setting in ("STORAGES", "DEFAULT_FILE_STORAGE", "MEDIA_ROOT"):
            if setting in problems:
                raise ConfigurationError(problems[setting] + messages.MEDIA_REMEDIES)
    if "TIME_ZONE" in problems and not environ.get("BACKUP_TIME_ZONE"):
        raise ConfigurationError(problems["TIME_ZONE"] + "\nOr set BACKUP_TIME_ZONE.")
    # Code that sets many names at once could set this one too; if the module does not have it, that is not assumed.
    if "DJANGO_RCLONE" in problems and "DJANGO_RCLONE" not in loaded.unset:
        raise ConfigurationError(problems["DJANGO_RCLONE"])


def _older_storages(known: Mapping[str, Any]) -> dict[str, Any]:
    """Returns STORAGES made from DEFAULT_FILE_STORAGE, the setting of Django before 5.1."""
    backend = known.get("DEFAULT_FILE_STORAGE")
    return {"default": {"BACKEND": backend, "OPTIONS": {}}} if backend else {}


def _with_overrides(environ: Mapping[str, str], found: Mapping[str, Any], origin: str, *notes: str) -> Target:
    """Returns the target in ``found``, with the overrides from the environment."""
    databases = dict(found["databases"])
    origins = dict.fromkeys(databases, origin)
    variables, ignored = _without_foreign_urls(environ, database_urls.variables(environ), databases)
    for alias, name in variables.items():
        if name != "DATABASE_URL":  # the project itself reads DATABASE_URL
            databases[alias], origins[alias] = database_urls.parse(name, environ[name]), name
    target = Target(
        databases,
        origins,
        media_root=environ.get("BACKUP_MEDIA_ROOT") or found["media_root"],
        storages=found["storages"],
        time_zone=found["time_zone"],
        django_rclone=found["django_rclone"],
        notes=(*notes, *ignored),
    )
    return normalize.normalize(target, _selected(environ), base=environ.get("TARGET_PATH") or "/target")


def _without_foreign_urls(
    environ: Mapping[str, str], variables: Mapping[str, str], known: Container[str] = ()
) -> tuple[dict[str, str], list[str]]:
    """Returns the variables that are for the sidecar, and notes about those of other programs.

    An alias in BACKUP_DATABASES or in the project's settings is always for the sidecar.
    """
    kept, notes = {}, []
    for alias, name in variables.items():
        named = alias == "default" or alias in known or alias in _selected(environ)
        if not named and (reason := database_urls.foreign_reason(alias, environ[name])):
            notes.append(f'{name} is ignored: {reason}. To back it up, name "{alias}" in BACKUP_DATABASES.')
        else:
            kept[alias] = name
    return kept, notes


def _selected(environ: Mapping[str, str]) -> tuple[str, ...]:
    return _split(environ.get("BACKUP_DATABASES", ""))


def _split(names: str) -> tuple[str, ...]:
    return tuple(names.replace(",", " ").split())
