"""Detection of secrets in a remote's name, so that they never appear on a command line."""

from __future__ import annotations

import re

from django_rclone.masking import mask
from django_rclone.rclone import backend_options, connection_strings

EXPOSED = (
    "holds a password, which every user of the machine could read in the process list. Give the remote a name, in "
    "rclone.conf or in RCLONE_CONFIG_<NAME>_... variables, and use that name."
)


def has_secret(root: str) -> bool:
    """Returns whether a remote's name has a secret in a connection string (``:sftp,pass=…:``) or a URL.

    The names of secret options come from rclone's list of backend options.
    """
    options = re.findall(r"""[,'"]\s*([\w.-]+)\s*=""", connection_strings.without_path(root))
    return mask(root) != root or any(name.lower().replace("-", "_") in backend_options.SECRETS for name in options)
