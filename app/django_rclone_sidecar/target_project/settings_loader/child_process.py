"""Starts the child process that loads the settings, and explains why it failed."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django_rclone.command import Command
from django_rclone.exceptions import ConfigurationError, DjangoRcloneError, ProgramFailed
from django_rclone.process import run

DEADLINE = 30.0
"""Seconds that the settings may take to load."""

# The sidecar's own variables: not passed to the target's code.
_SIDECAR_VARIABLES = re.compile(
    r"(?:BACKUP_(?:ENCRYPTION_PASSWORD|WEB_PASSWORD|NOTIFY_URLS|HEARTBEAT_URL|PUSHGATEWAY_URL|DRILL_DATABASE_URL|REMOTE)"
    r"(?:_FILE)?|RCLONE_.*)"
)


class SettingsModuleMissing(ConfigurationError):
    """The settings module does not exist."""


@dataclass(frozen=True, slots=True)
class LoadRequest:
    """The settings module to load, and options."""

    module: str
    path: str
    deadline: float
    """In seconds."""
    configuration: str = ""
    packages: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()


def run_worker(
    request: LoadRequest, environ: Mapping[str, str], *, flip_decisions: bool = False, other_machine: bool = False
) -> dict[str, Any]:
    """Returns the worker's reply (see ``reply``). Raises ConfigurationError.

    With ``flip_decisions``, every unknown decision is taken the other way. With ``other_machine``, host and user names
    are those of another machine.
    """
    message = {
        "module": request.module,
        "path": request.path,
        "configuration": request.configuration,
        "packages": request.packages,
        "ignored": request.ignored,
        "deadline": request.deadline,
        "flip_decisions": flip_decisions,
        "other_machine": other_machine,
    }
    command = Command(
        # -B: no .pyc files in the target's folder; -P: the working folder is not searched for modules.
        (sys.executable, "-B", "-s", "-P", "-m", "django_rclone_sidecar.target_project.settings_loader.worker"),
        env={
            "PYTHONHASHSEED": "0",
            **{name: value for name, value in environ.items() if not _SIDECAR_VARIABLES.fullmatch(name)},
        },
        explain=lambda failure: _explain(failure, request),
    )
    output = run(command, stdin=json.dumps(message).encode(), timeout=request.deadline + 15)
    try:
        reply: dict[str, Any] = json.loads(output)
    except ValueError as error:
        raise ConfigurationError(f"{request.module} ended the process that read it.") from error
    if "error" in reply:
        raise (SettingsModuleMissing if reply["missing"] else ConfigurationError)(reply["error"])
    return reply


def _explain(failure: ProgramFailed, request: LoadRequest) -> DjangoRcloneError:
    # faulthandler prints 'Timeout (0:00:30)!', then for each thread 'File "/target/x.py", line 3 in <module>'.
    # https://docs.python.org/3/library/faulthandler.html
    _before, timed_out, stacks = failure.stderr.rpartition("Timeout (")
    if timed_out:
        root = request.path.rstrip("/") + "/"
        lines = re.findall(r'File "(.+)", line (\d+) in', stacks.rpartition("Thread")[2] or stacks)
        where = next((f"{file.removeprefix(root)}:{line}" for file, line in lines if file.startswith(root)), "")
        return ConfigurationError(
            f"Settings were still running after {request.deadline:g} s{f' at {where}' if where else ''}. Do they "
            f"wait for the network? Make {request.module} load within that time, or use DATABASE_URL."
        )
    return ConfigurationError(f"{request.module} ended the process that read it ({failure.ending}).")
