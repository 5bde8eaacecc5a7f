"""A remote whose files and file names are encrypted by rclone (https://rclone.org/crypt/)."""

from __future__ import annotations

import dataclasses
import os
import secrets
from collections.abc import Mapping
from functools import cache

from django_rclone.command import Secret
from django_rclone.exceptions import ConfigurationError
from django_rclone.naming import ENCRYPTED_DIR
from django_rclone.process import run
from django_rclone.rclone.remote import Remote, backend_of

FOLDER = ENCRYPTED_DIR

NAME = "decrypted"
"""What people call the view of that folder in which names and contents can be read."""

PARAMETERS: Mapping[str, str] = {
    "TYPE": "crypt",
    "FILENAME_ENCRYPTION": "standard",
    "DIRECTORY_NAME_ENCRYPTION": "true",
    "FILENAME_ENCODING": "base32",
}

# Those are also rclone's defaults, and so not told in RESTORE.md. All are set, so that nothing else decides.
_DEFAULTS: Mapping[str, str] = {
    "PASSWORD2": "",
    "SUFFIX": ".bin",
    "NO_DATA_ENCRYPTION": "false",
    "PASS_BAD_BLOCKS": "false",
    "STRICT_NAMES": "false",
    "SHOW_MAPPING": "false",
    "SERVER_SIDE_ACROSS_CONFIGS": "false",
    "DESCRIPTION": "",
}


def variable(option: str, name: str = NAME) -> str:
    """Returns the environment variable in which rclone looks for an option of the encrypted remote."""
    return f"RCLONE_CONFIG_{name.upper()}_{option}"


def encrypted(base: Remote, password: Secret) -> Remote:
    """Returns the encrypted remote that lies on ``base``. Everything is handed to rclone by environment.

    rclone gets a name at random: with the one that people know, options of such a remote of theirs, in rclone.conf or
    in the environment, would be ours too, and what is made could lie in the open.
    """
    if backend_of(base.root).lower() == f"{NAME}:":
        raise ConfigurationError(f'A remote named "{NAME}" cannot be encrypted: rename it in rclone\'s configuration.')
    _refuse_other_parameters(base)
    options: dict[str, str | Secret] = {
        **_DEFAULTS,
        **PARAMETERS,
        "REMOTE": base.path(FOLDER),
        "PASSWORD": _obscured(base.binary, password),
    }
    alias = f"{NAME}_{secrets.token_hex(8)}"
    return dataclasses.replace(
        base,
        root=f"{NAME}:",
        alias=alias,
        env={**base.env, **{variable(option, alias): value for option, value in options.items()}},
        base=base,
    )


def check_password(remote: Remote) -> None:
    """Raises ConfigurationError where there are encrypted files, and the password opens none of their names.

    rclone leaves out what it cannot decrypt: the wrong password shows an empty remote.
    """
    if remote.base is None or not remote.base.folders(FOLDER) or remote.folders(""):
        return
    raise ConfigurationError(
        f'Remote "{remote.where}" was encrypted with another password than the one that is set. Set the right one; '
        "to go on with a new password, choose another folder for the remote."
    )


def _refuse_other_parameters(base: Remote) -> None:
    """Raises ConfigurationError for what rclone would obey rather than our parameters: names could stay readable, and
    RESTORE.md would not tell how to open what was made."""
    variables = [name for name in os.environ if name.startswith("RCLONE_CRYPT_")]
    flags = [flag.partition("=")[0] for flag in base.flags if flag.startswith("--crypt-")]
    for name in sorted([*variables, *flags]):
        raise ConfigurationError(
            f"{name} would change how backups are encrypted. Remove it, or set it for your own remote alone, as "
            "RCLONE_CONFIG_<NAME>_… does."
        )


@cache
def _obscured(rclone: str, password: Secret) -> Secret:
    """Returns the password as rclone's configuration holds it. That hides it from nobody, so it is a secret too."""
    command = Remote("", binary=rclone).command("obscure", "-")
    return Secret(run(command, stdin=password.value.encode()).decode().strip())
