"""Parsing of environment variables; ``variables`` has the table of them.

Every variable can also be given as ``NAME_FILE``, the path of a file that holds the value.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from django_rclone import see_documentation
from django_rclone.exceptions import ConfigurationError
from django_rclone.masking import mask
from django_rclone_sidecar.environment import parsers
from django_rclone_sidecar.environment.variables import URL, VARIABLES, Variable

SETTINGS_MODULE = "django_rclone_sidecar.settings.project"
"""The sidecar's own Django settings; any other DJANGO_SETTINGS_MODULE is the target project's."""

_FILE_SUFFIX = "_FILE"

# Variables that Kubernetes sets in every container for a Service called "backup" or "backup-…".
# Source: kubernetes.io/docs/concepts/services-networking/service/#environment-variables
_KUBERNETES = re.compile(
    r"BACKUP(?:_\w+)?_(?:SERVICE_HOST|SERVICE_PORT(?:_\w+)?|PORT(?:_\d+_(?:TCP|UDP|SCTP)(?:_(?:ADDR|PORT|PROTO))?)?)"
)


@dataclass(frozen=True, slots=True)
class Environment:
    """The parsed variables."""

    texts: Mapping[str, str]
    """All variables as strings. The content of a ``NAME_FILE`` is under ``NAME``."""
    values: Mapping[str, Any]
    warnings: tuple[str, ...] = ()

    def get(self, name: str) -> Any:
        """Returns a variable's value, its default, or None."""
        return self.values[name]

    def is_set(self, name: str) -> bool:
        """Returns whether a variable is set and not empty."""
        return bool(self.texts.get(name))

    @property
    def secrets(self) -> list[str]:
        """The values that must never be shown."""
        secret = {name for name, variable in VARIABLES.items() if variable.secret}
        return [text for name, text in self.texts.items() if text and (name in secret or name.startswith(URL))]


@cache
def current() -> Environment:
    """Returns the environment of this process, parsed at the first call."""
    return parse(os.environ)


def take_over_settings_module(environ: MutableMapping[str, str]) -> None:
    """Moves the project's DJANGO_SETTINGS_MODULE to TARGET_SETTINGS_MODULE, and replaces it by the sidecar's."""
    project_module = environ.get("DJANGO_SETTINGS_MODULE", "")
    named = environ.get("TARGET_SETTINGS_MODULE") or environ.get(f"TARGET_SETTINGS_MODULE{_FILE_SUFFIX}")
    if project_module and project_module != SETTINGS_MODULE and not named:
        environ["TARGET_SETTINGS_MODULE"] = project_module
    environ["DJANGO_SETTINGS_MODULE"] = SETTINGS_MODULE


def parse(environ: Mapping[str, str]) -> Environment:
    """Parses ``environ``. Raises ConfigurationError for an invalid value."""
    texts = with_files(environ)
    values = {name: _value(name, variable, texts) for name, variable in VARIABLES.items()}
    return Environment(texts, values, tuple(_warnings(environ)))


def with_files(environ: Mapping[str, str]) -> dict[str, str]:
    """Returns the environment with the contents of the files named by ``NAME_FILE`` variables.

    An empty variable counts as not set, because Compose passes on unset variables as empty ones.
    """
    texts = dict(environ)
    for file_variable in sorted(environ):
        name = file_variable.removesuffix(_FILE_SUFFIX)
        if name == file_variable or not environ[file_variable] or not _has_file_variant(name):
            continue
        if environ.get(name):
            raise ConfigurationError(f"{name} and {file_variable} are both set: remove one of them.")
        texts[name] = _content(file_variable, environ[file_variable])
        del texts[file_variable]
    return texts


def _has_file_variant(name: str) -> bool:
    return VARIABLES[name].file_variant if name in VARIABLES else name.startswith(URL)


def _content(file_variable: str, path: str) -> str:
    try:
        text = Path(path).read_text()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not text"
        raise ConfigurationError(f"{file_variable} names {path}, which cannot be read: {reason}.") from error
    text = text.removesuffix("\n").removesuffix("\r")
    if not text:
        raise ConfigurationError(f"{file_variable} names {path}, which is empty.")
    return text


def _value(name: str, variable: Variable, texts: Mapping[str, str]) -> Any:
    text = texts.get(name) or variable.default
    if not text:
        return None
    if not text.strip() and not variable.secret:
        raise ConfigurationError(f"{name} is blank. Give it a value, or leave it empty.")
    try:
        return variable.parse(text)
    except parsers.UnusableValue as error:
        raise ConfigurationError(f"{name} {error}") from error
    except ValueError as error:
        shown = "has a value that is not valid" if variable.secret else f'is "{mask(text)}"'
        raise ConfigurationError(f"{name} {shown}: it must be {variable.form}.") from error


def _warnings(environ: Mapping[str, str]) -> list[str]:
    """Returns warnings about variables with our prefix that are unknown, and probably mistyped."""
    known = [*VARIABLES, *(name + _FILE_SUFFIX for name, variable in VARIABLES.items() if variable.file_variant)]
    warnings = []
    for name in sorted(environ):
        if not name.startswith("BACKUP_") or name in known or _KUBERNETES.fullmatch(name):
            continue
        import difflib  # noqa: PLC0415 - rarely needed, and every command reads the environment

        meant = next(iter(difflib.get_close_matches(name, known, n=1)), "")
        hint = f" Did you mean {meant}?" if meant else f" {see_documentation('Environment variables')}"
        warnings.append(f"The variable {name} is unknown and has no effect.{hint}")
    return warnings
