"""Environment variables of a program, and the secrets to mask in its output."""

from __future__ import annotations

import fnmatch
import os

from django_rclone.command import Command, Secret
from django_rclone.masking import looks_secret, secret_values

# Variables of our environment that every program gets: paths, locale and time zone, trusted certificates.
_COMMON = (
    *("PATH", "HOME", "USER", "LOGNAME", "TMPDIR", "LD_LIBRARY_PATH"),
    *("LANG", "LANGUAGE", "LC_*", "TZ", "TZDIR"),
    *("SSL_CERT_FILE", "SSL_CERT_DIR"),
)


def child_environment(command: Command) -> tuple[dict[str, str], list[str]]:
    """Returns the program's environment, and the secrets in it and in the arguments."""
    allowed = (*_COMMON, *command.inherit)
    env = {
        name: value
        for name, value in os.environ.items()
        if any(fnmatch.fnmatchcase(name, pattern) for pattern in allowed)
    }
    secrets = secret_values(env)
    for name, value in command.env.items():
        if isinstance(value, Secret):
            secrets.append(value.value)
            env[name] = value.value
        else:
            env[name] = value
            if looks_secret(name):
                secrets.append(value)
    secrets += [part.value for part in (*command.argv, *command.hide) if isinstance(part, Secret)]
    return env, secrets
