"""Extracts the settings as plain values, and rejects tainted ones with the reason."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from django_rclone import target_json
from django_rclone_sidecar.target_project.settings_loader import failure_reasons, messages
from django_rclone_sidecar.target_project.settings_loader.trace import Taint
from django_rclone_sidecar.target_project.settings_loader.unknowns.stub import taint_of

# Only the Python driver uses them, never a client program, so they may be unknown.
_DRIVER_OPTIONS = frozenset(
    (
        *("isolation_level", "cursorclass", "cursor_factory", "connection_factory", "conv", "pool"),
        *("server_side_binding", "timeout", "transaction_mode", "context"),
    )
)


class UnreadableSetting(Exception):
    """A value is unknown. The text is the message for people."""


class SettingsReader:
    """Reads values of the settings ``module``; ``warn`` is called with each warning."""

    def __init__(self, module: str, warn: Callable[[str], None]) -> None:
        self._module = module
        self._warn = warn

    def databases(self, value: Any) -> tuple[dict[str, dict[str, Any]], dict[str, str]]:
        """Returns the databases and the problems of the others, both by alias. Raises UnreadableSetting if DATABASES
        as a whole is unknown."""
        self._reject_tainted("DATABASES", value, parts=False)
        if not isinstance(value, Mapping):
            raise UnreadableSetting(f"DATABASES of {self._module} is not a dictionary.")
        if not value:
            raise UnreadableSetting(f"{self._module} sets no DATABASES.")
        known, problems = {}, {}
        for alias, settings in value.items():
            self._reject_tainted("an alias in DATABASES", alias)
            try:
                if len(value) > 1 and self._is_empty(str(alias), settings):
                    continue
                known[str(alias)] = self._database(str(alias), settings)
            except UnreadableSetting as error:
                problems[str(alias)] = str(error)
        return known, problems

    def _is_empty(self, alias: str, settings: Any) -> bool:
        """Returns whether an entry is ``{}``, Django's form for "no default database"."""
        self._reject_tainted(f"DATABASES[{alias!r}]", settings, parts=False)
        return isinstance(settings, Mapping) and not settings

    def _database(self, alias: str, settings: Any) -> dict[str, Any]:
        what = f"DATABASES[{alias!r}]"
        self._reject_tainted(what, settings, parts=False)
        if not isinstance(settings, Mapping):
            raise UnreadableSetting(f"{what} of {self._module} is not a dictionary.")
        for key in settings:
            self._reject_tainted(f"a key in {what}", key)
        found = {key: settings[key] for key in target_json.DATABASE_KEYS if key in settings}
        options = found.get("OPTIONS") or {}
        self._reject_tainted(f"{what}['OPTIONS']", options, parts=False)
        if isinstance(options, Mapping):
            found["OPTIONS"] = dict(self._options(alias, options))
        for key, value in found.items():
            self._reject_tainted(f"{what}[{key!r}]", value)
        if not found.get("ENGINE"):
            raise UnreadableSetting(f"{what} of {self._module} has no ENGINE.")
        try:
            result = target_json.database(found)
            self._reject_tainted(what, result)  # lazy strings are evaluated only now
            return result
        except (target_json.NotPlain, TypeError, AttributeError) as error:
            raise UnreadableSetting(
                f"Cannot read {what} from {self._module}: {failure_reasons.quoted(error)}."
            ) from error

    def _options(self, alias: str, options: Mapping[Any, Any]) -> Iterator[tuple[str, Any]]:
        for key, value in options.items():
            self._reject_tainted(f"a key in DATABASES[{alias!r}]['OPTIONS']", key)
            if key == "application_name":  # client programs set their own
                continue
            if key in _DRIVER_OPTIONS:
                if find_taint(value) is not None:
                    continue
            else:
                self._reject_tainted(f"DATABASES[{alias!r}]['OPTIONS'][{key!r}]", value)
            try:
                yield key, target_json.plain(value)
            except target_json.NotPlain:
                if key not in _DRIVER_OPTIONS:
                    self._warn(f'Database "{alias}": OPTIONS[{key!r}] is not a plain value and was ignored.')

    def plain(self, name: str, value: Any) -> Any:
        """Returns any other setting's value. Raises UnreadableSetting."""
        self._reject_tainted(name, value)
        try:
            result = target_json.plain(value)
            self._reject_tainted(name, result)  # a lazy string is evaluated only now
            return result
        except target_json.NotPlain as error:
            raise UnreadableSetting(
                f"Cannot read {name} from {self._module}: it holds a {error}, not a plain value."
            ) from error

    def folder(self, name: str, value: Any) -> str:
        """Returns a path, absolute. Raises UnreadableSetting."""
        path = self.plain(name, value)
        if path and not isinstance(path, str):
            raise UnreadableSetting(f"{name} of {self._module} is not a path.")
        if path and not os.path.isabs(path):  # noqa: PTH117 - stays a string
            self._warn(f'{name} "{path}" is a relative path, taken as relative to {os.getcwd()}.')  # noqa: PTH109
            return str(os.path.abspath(path))  # noqa: PTH100
        return str(path or "")

    def storages(self, value: Any) -> dict[str, Any]:
        """Returns the ``default`` storage, if there is one. Raises UnreadableSetting."""
        self._reject_tainted("STORAGES", value, parts=False)
        if not isinstance(value, Mapping):
            raise UnreadableSetting(f"STORAGES of {self._module} is not a dictionary.")
        for key in value:
            self._reject_tainted("a key in STORAGES", key)
        if "default" not in value:
            return {}
        default, what = value["default"], "STORAGES['default']"
        self._reject_tainted(what, default, parts=False)
        backend = default.get("BACKEND", "")
        self._reject_tainted(f"{what}['BACKEND']", backend)
        options = default.get("OPTIONS") or {}
        self._reject_tainted(f"{what}['OPTIONS']", options, parts=False)
        if "FileSystemStorage" not in str(backend):
            options = {}  # the backup of a folder does not use a bucket's options
        found = {key: options[key] for key in ("location", "base_url") if key in options}
        self._reject_tainted(f"{what}['OPTIONS']", found)
        try:
            return {"default": target_json.storage({"BACKEND": backend, "OPTIONS": found})}
        except target_json.NotPlain as error:
            raise UnreadableSetting(f"Cannot read {what} from {self._module}: it holds a {error}.") from error

    def _reject_tainted(self, what: str, value: Any, *, parts: bool = True) -> None:
        if (taint := find_taint(value) if parts else taint_of(value)) is not None:
            raise UnreadableSetting(messages.value(what, self._module, taint))


def find_taint(value: Any, depth: int = 8) -> Taint | None:
    """Returns the taint of the first unknown part of a value."""
    if (taint := taint_of(value)) is not None or not depth:
        return taint
    parts: list[Any] = []
    if type(value) in (list, tuple, set, frozenset):
        parts = list(value)
    elif isinstance(value, Mapping):
        parts = [*value.keys(), *value.values()]
    elif isinstance(value, os.PathLike):
        parts = [os.fspath(value)]
    return next((taint for part in parts if (taint := find_taint(part, depth - 1)) is not None), None)
