"""Remotes whose files and file names are encrypted by rclone (https://rclone.org/crypt/)."""

from __future__ import annotations

import dataclasses
import os
import secrets
from collections.abc import Mapping
from functools import cache

from django_rclone.command import Secret
from django_rclone.exceptions import ConfigurationError
from django_rclone.layout.folders import ENCRYPTED_DIR
from django_rclone.process import run
from django_rclone.rclone import connection_strings
from django_rclone.rclone.remote import Remote

FOLDER = ENCRYPTED_DIR

NAME = "decrypted"
"""Name, as users see it, of the remote that shows the names and contents in the encrypted folder decrypted."""

PARAMETERS: Mapping[str, str] = {
    "TYPE": "crypt",
    "FILENAME_ENCRYPTION": "standard",
    "DIRECTORY_NAME_ENCRYPTION": "true",
    "FILENAME_ENCODING": "base32",
}

# These equal rclone's defaults, so RESTORE.md leaves them out. All are set, so that no other source can decide them.
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
    """Returns the environment variable from which rclone reads an option of the encrypted remote."""
    return f"RCLONE_CONFIG_{name.upper()}_{option}"


def encrypted(base: Remote, password: Secret) -> Remote:
    """Returns the encrypted remote on top of ``base``. rclone gets its whole configuration by environment.

    The remote has a random name in rclone. With the name that users see, options of a user's remote with that name, in
    rclone.conf or in the environment, would apply too, and backups could be stored unencrypted. Raises
    ConfigurationError if ``base`` has that name, or if something else sets parameters of the encryption.
    """
    if connection_strings.without_path(base.root).lower() == f"{NAME}:":
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
    """Raises ConfigurationError if there are encrypted files and the password decrypts none of their names.

    rclone leaves out names that it cannot decrypt: with the wrong password the remote looks empty.
    """
    if remote.base is None or not remote.base.folders(FOLDER) or remote.folders(""):
        return
    raise ConfigurationError(
        f'Remote "{remote.where}" was encrypted with a different password. Set the right password; '
        "to continue with a new password, choose another folder for the remote."
    )


def _refuse_other_parameters(base: Remote) -> None:
    """Raises ConfigurationError for variables and flags that override the encryption parameters set here.

    With them names could stay readable, and RESTORE.md would not explain how to decrypt the backups.
    """
    variables = [name for name in os.environ if name.startswith("RCLONE_CRYPT_")]
    flags = [flag.partition("=")[0] for flag in base.flags if flag.startswith("--crypt-")]
    for name in sorted([*variables, *flags]):
        raise ConfigurationError(
            f"{name} would change how backups are encrypted. Remove it, or set it only for your own remote, with "
            "RCLONE_CONFIG_<NAME>_…."
        )


@cache
def _obscured(rclone: str, password: Secret) -> Secret:
    """Returns the password as rclone's configuration stores it. Obscuring is reversible, so this is a secret too."""
    command = Remote("", binary=rclone).command("obscure", "-")
    return Secret(run(command, stdin=password.value.encode()).decode().strip())
