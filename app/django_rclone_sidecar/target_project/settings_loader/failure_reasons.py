"""Explanations of why a statement of the target failed."""

from __future__ import annotations

import os
import re
import sys
import traceback
from collections.abc import Callable, Iterable

from django_rclone.masking import mask

# django-environ: "Set the X environment variable"; decouple: "X not found. Declare it as envvar or define a default
# value."; environs: 'Environment variable "X" not set'.
_VARIABLE = re.compile(
    r"Set the (\w+) environment variable|(\w+) not found\. Declare it as envvar|variable \W?(\w+)\W? (?:is )?not set",
    re.IGNORECASE,
)
_QUOTED = re.compile("\x02(.*?)\x03", re.DOTALL)


class Refused(OSError):
    """The audit hook refused an action of the target's code. An OSError, so that the code's own handlers work."""


def quoted(text: object) -> str:
    """Returns a string from the target, marked as such: it may contain secrets, which ``masked`` hides."""
    return f"\x02{text}\x03"


def masked(message: str, secrets: Iterable[str]) -> str:
    """Returns a message with secrets masked. Only quoted strings from the target are searched for them: the rest of the
    message contains none, and a secret may be an ordinary word."""
    hidden = list(secrets)
    return mask(_QUOTED.sub(lambda match: mask(match[1], hidden), message))


def reason(error: BaseException, relative: Callable[[str], str]) -> str:
    """Returns what went wrong, as a clause. ``relative`` shortens the names of files."""
    text = str(error).strip().replace("\n", " ")[:300]
    if isinstance(error, KeyError) and _raised_in(error) in (os.__file__, "<frozen os>"):
        return f"needs the variable {error.args[0]}. Give this container the same environment as the web container"
    if match := _VARIABLE.search(text):
        name = next(group for group in match.groups() if group)
        return f"needs the variable {name}. Give this container the same environment as the web container"
    if isinstance(error, SyntaxError):
        version = f"{sys.version_info.major}.{sys.version_info.minor}"
        where = f"{relative(error.filename or 'a file')}:{error.lineno}"
        return f"cannot go on: {where} does not parse with Python {version}: {error.msg}"
    if isinstance(error, Refused):
        return f"wants {text}, which is refused while settings are read"
    if isinstance(error, FileNotFoundError) and error.filename:
        return f"needs the file {quoted(error.filename)}. Mount it here as in the web container"
    if isinstance(error, ModuleNotFoundError) and error.name:
        return f'needs the module "{quoted(error.name)}", which this image lacks'
    return f"failed with {type(error).__name__}" + (f": {quoted(text)}" if text else "")


def _raised_in(error: BaseException) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    return frames[-1].filename if frames else ""
