"""Secrets in a remote's name: found, so that none of them gets into a command line."""

from __future__ import annotations

import re

from django_rclone.masking import mask
from django_rclone.rclone import backend_options
from django_rclone.rclone.remote import backend_of

EXPOSED = (
    "holds a password, which every user of the machine could read in the process list. Give the remote a name, in "
    "rclone.conf or in RCLONE_CONFIG_<NAME>_... variables, and use that name."
)


def has_secret(root: str) -> bool:
    """Tells whether a remote's name carries a secret in a connection string (``:sftp,pass=…:``) or a URL.

    What is a secret rclone itself says of its backends' options.
    """
    options = re.findall(r"""[,'"]\s*([\w.-]+)\s*=""", backend_of(root))
    return mask(root) != root or any(name.lower().replace("-", "_") in backend_options.SECRETS for name in options)
