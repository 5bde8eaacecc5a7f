"""What the environment variables say; which there are, is in ``env_table``.

Every variable may be given as ``NAME_FILE`` too, the path of a file that holds the value.
"""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from django_rclone.exceptions import ConfigurationError
from django_rclone.masking import mask
from django_rclone_sidecar.environment import parsers as forms
from django_rclone_sidecar.environment.variables import URL, VARIABLES, Variable

SETTINGS_MODULE = "django_rclone_sidecar.settings.project"
"""The sidecar's own Django settings; any other DJANGO_SETTINGS_MODULE is the target project's."""

_TWIN = "_FILE"

# What Kubernetes tells every container about a Service that is called "backup", or "backup-" and something.
# Source: kubernetes.io/docs/concepts/services-networking/service/#environment-variables
_KUBERNETES = re.compile(
    r"BACKUP(?:_\w+)?_(?:SERVICE_HOST|SERVICE_PORT(?:_\w+)?|PORT(?:_\d+_(?:TCP|UDP|SCTP)(?:_(?:ADDR|PORT|PROTO))?)?)"
)


@dataclass(frozen=True, slots=True)
class Environment:
    """What the variables say."""

    texts: Mapping[str, str]
    """The whole environment; what was given as a file is there under the variable's own name."""
    values: Mapping[str, Any]
    warnings: tuple[str, ...] = ()

    def get(self, name: str) -> Any:
        """Returns a variable's value, its default, or None."""
        return self.values[name]

    def given(self, name: str) -> bool:
        """Tells whether somebody has set a variable."""
        return bool(self.texts.get(name))

    @property
    def secrets(self) -> list[str]:
        """The values that must never be shown."""
        secret = {name for name, variable in VARIABLES.items() if variable.secret}
        return [text for name, text in self.texts.items() if text and (name in secret or name.startswith(URL))]


@cache
def current() -> Environment:
    """Return the environment of this process, parsed at the first call."""
    return parse(os.environ)


def take_over_settings_module(environ: MutableMapping[str, str]) -> None:
    """Move the project's DJANGO_SETTINGS_MODULE to TARGET_SETTINGS_MODULE, and set the sidecar's own."""
    theirs = environ.get("DJANGO_SETTINGS_MODULE", "")
    named = environ.get("TARGET_SETTINGS_MODULE") or environ.get(f"TARGET_SETTINGS_MODULE{_TWIN}")
    if theirs and theirs != SETTINGS_MODULE and not named:
        environ["TARGET_SETTINGS_MODULE"] = theirs
    environ["DJANGO_SETTINGS_MODULE"] = SETTINGS_MODULE


def parse(environ: Mapping[str, str]) -> Environment:
    """Return what ``environ`` says. Raises ConfigurationError, naming the variable, for what cannot be understood."""
    texts = with_files(environ)
    values = {name: _value(name, variable, texts) for name, variable in VARIABLES.items()}
    return Environment(texts, values, tuple(_warnings(environ)))


def with_files(environ: Mapping[str, str]) -> dict[str, str]:
    """Returns the environment with the contents of the files that ``NAME_FILE`` variables name.

    An empty variable counts as none: Compose files pass those on.
    """
    texts = dict(environ)
    for twin in sorted(environ):
        name = twin.removesuffix(_TWIN)
        if name == twin or not environ[twin] or not _has_twin(name):
            continue
        if environ.get(name):
            raise ConfigurationError(f"{name} and {twin} are both set: remove one of them.")
        texts[name] = _content(twin, environ[twin])
        del texts[twin]
    return texts


def _has_twin(name: str) -> bool:
    return VARIABLES[name].twin if name in VARIABLES else name.startswith(URL)


def _content(twin: str, path: str) -> str:
    try:
        text = Path(path).read_text()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is no text"
        raise ConfigurationError(f"{twin} names {path}, which cannot be read: {reason}.") from error
    text = text.removesuffix("\n").removesuffix("\r")
    if not text:
        raise ConfigurationError(f"{twin} names {path}, which is empty.")
    return text


def _value(name: str, variable: Variable, texts: Mapping[str, str]) -> Any:
    text = texts.get(name) or variable.default
    if not text:
        return None
    if not text.strip() and not variable.secret:
        raise ConfigurationError(f"{name} is blank. Give it a value, or leave it empty.")
    try:
        return variable.parse(text)
    except forms.Unfit as error:
        raise ConfigurationError(f"{name} {error}") from error
    except ValueError as error:
        shown = "has a value that does not fit" if variable.secret else f'is "{mask(text)}"'
        raise ConfigurationError(f"{name} {shown}: it must be {variable.form}.") from error


def _warnings(environ: Mapping[str, str]) -> list[str]:
    """Returns what is probably mistyped: a name like ours that nobody reads."""
    known = [*VARIABLES, *(name + _TWIN for name, variable in VARIABLES.items() if variable.twin)]
    said = []
    for name in sorted(environ):
        if not name.startswith("BACKUP_") or name in known or _KUBERNETES.fullmatch(name):
            continue
        meant = next(iter(difflib.get_close_matches(name, known, n=1)), "")
        hint = f" Did you mean {meant}?" if meant else " See docs/environment.md."
        said.append(f"The variable {name} is not known and does nothing.{hint}")
    return said
