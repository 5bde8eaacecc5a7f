"""Takes the settings' values out of the child process: known and plain, or with the reason why not."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from django_rclone import target_json
from django_rclone_sidecar.target_project.settings_loader import failure_reasons, messages
from django_rclone_sidecar.target_project.settings_loader.trace import Origin
from django_rclone_sidecar.target_project.settings_loader.unknowns.stub import origin_of

# For the driver in Python alone: no client program is told of them, so they may be unknown.
_DRIVER_OPTIONS = frozenset(
    (
        *("isolation_level", "cursorclass", "cursor_factory", "connection_factory", "conv", "pool"),
        *("server_side_binding", "timeout", "transaction_mode", "context"),
    )
)


class NotKnown(Exception):
    """A value that is not known, with the message for people."""


class Values:
    """Reads values of the settings ``module``; ``warn`` hears of what was left out."""

    def __init__(self, module: str, warn: Callable[[str], None]) -> None:
        self._module = module
        self._warn = warn

    def databases(self, value: Any) -> tuple[dict[str, dict[str, Any]], dict[str, str]]:
        """Returns the databases by alias, and what is wrong with others. Raises NotKnown for the whole."""
        self._refuse("DATABASES", value, parts=False)
        if not isinstance(value, Mapping):
            raise NotKnown(f"DATABASES of {self._module} is no dictionary.")
        if not value:
            raise NotKnown(f"{self._module} sets no DATABASES.")
        known, problems = {}, {}
        for alias, settings in value.items():
            self._refuse("an alias in DATABASES", alias)
            try:
                if len(value) > 1 and self._is_empty(str(alias), settings):
                    continue
                known[str(alias)] = self._database(str(alias), settings)
            except NotKnown as error:
                problems[str(alias)] = str(error)
        return known, problems

    def _is_empty(self, alias: str, settings: Any) -> bool:
        """Tells whether an entry is ``{}``, Django's own form where no database is the default one."""
        self._refuse(f"DATABASES[{alias!r}]", settings, parts=False)
        return isinstance(settings, Mapping) and not settings

    def _database(self, alias: str, settings: Any) -> dict[str, Any]:
        what = f"DATABASES[{alias!r}]"
        self._refuse(what, settings, parts=False)
        if not isinstance(settings, Mapping):
            raise NotKnown(f"{what} of {self._module} is no dictionary.")
        for key in settings:
            self._refuse(f"a key in {what}", key)
        found = {key: settings[key] for key in target_json.DATABASE_KEYS if key in settings}
        options = found.get("OPTIONS") or {}
        self._refuse(f"{what}['OPTIONS']", options, parts=False)
        if isinstance(options, Mapping):
            found["OPTIONS"] = dict(self._options(alias, options))
        for key, value in found.items():
            self._refuse(f"{what}[{key!r}]", value)
        if not found.get("ENGINE"):
            raise NotKnown(f"{what} of {self._module} has no ENGINE.")
        try:
            result = target_json.database(found)
            self._refuse(what, result)  # lazy texts say only now what they are
            return result
        except (target_json.NotPlain, TypeError, AttributeError) as error:
            raise NotKnown(f"Cannot read {what} from {self._module}: {failure_reasons.quoted(error)}.") from error

    def _options(self, alias: str, options: Mapping[Any, Any]) -> Iterator[tuple[str, Any]]:
        for key, value in options.items():
            self._refuse(f"a key in DATABASES[{alias!r}]['OPTIONS']", key)
            if key == "application_name":  # client programs go by their own names
                continue
            if key in _DRIVER_OPTIONS:
                if unknown(value) is not None:
                    continue
            else:
                self._refuse(f"DATABASES[{alias!r}]['OPTIONS'][{key!r}]", value)
            try:
                yield key, target_json.plain(value)
            except target_json.NotPlain:
                if key not in _DRIVER_OPTIONS:
                    self._warn(f'Database "{alias}": OPTIONS[{key!r}] is no plain value and was left out.')

    def plain(self, name: str, value: Any) -> Any:
        """Returns any other setting's value. Raises NotKnown."""
        self._refuse(name, value)
        try:
            result = target_json.plain(value)
            self._refuse(name, result)  # a lazy text says only now what it is
            return result
        except target_json.NotPlain as error:
            raise NotKnown(f"Cannot read {name} from {self._module}: it holds a {error}, not a plain value.") from error

    def folder(self, name: str, value: Any) -> str:
        """Returns a path, absolute. Raises NotKnown."""
        path = self.plain(name, value)
        if path and not isinstance(path, str):
            raise NotKnown(f"{name} of {self._module} is no path.")
        if path and not os.path.isabs(path):  # noqa: PTH117 - a text, and it shall stay one
            self._warn(f'{name} is "{path}", which is taken to be below {os.getcwd()}.')  # noqa: PTH109
            return str(os.path.abspath(path))  # noqa: PTH100
        return str(path or "")

    def storages(self, value: Any) -> dict[str, Any]:
        """Returns the ``default`` storage, if there is one. Raises NotKnown."""
        self._refuse("STORAGES", value, parts=False)
        if not isinstance(value, Mapping):
            raise NotKnown(f"STORAGES of {self._module} is no dictionary.")
        for key in value:
            self._refuse("a key in STORAGES", key)
        if "default" not in value:
            return {}
        default, what = value["default"], "STORAGES['default']"
        self._refuse(what, default, parts=False)
        backend = default.get("BACKEND", "")
        self._refuse(f"{what}['BACKEND']", backend)
        options = default.get("OPTIONS") or {}
        self._refuse(f"{what}['OPTIONS']", options, parts=False)
        if "FileSystemStorage" not in str(backend):
            options = {}  # a bucket's options do not concern a backup of folders
        found = {key: options[key] for key in ("location", "base_url") if key in options}
        self._refuse(f"{what}['OPTIONS']", found)
        try:
            return {"default": target_json.storage({"BACKEND": backend, "OPTIONS": found})}
        except target_json.NotPlain as error:
            raise NotKnown(f"Cannot read {what} from {self._module}: it holds a {error}.") from error

    def _refuse(self, what: str, value: Any, *, parts: bool = True) -> None:
        if (origin := unknown(value) if parts else origin_of(value)) is not None:
            raise NotKnown(messages.value(what, self._module, origin))


def unknown(value: Any, depth: int = 8) -> Origin | None:
    """Returns where the first unknown part of a value comes from."""
    if (origin := origin_of(value)) is not None or not depth:
        return origin
    parts: list[Any] = []
    if type(value) in (list, tuple, set, frozenset):
        parts = list(value)
    elif isinstance(value, Mapping):
        parts = [*value.keys(), *value.values()]
    elif isinstance(value, os.PathLike):
        parts = [os.fspath(value)]
    return next((origin for part in parts if (origin := unknown(part, depth - 1)) is not None), None)
