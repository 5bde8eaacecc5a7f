"""Secrets in what users give us for rclone: found, and kept out of command lines."""

from __future__ import annotations

import re

from django_rclone.command import Secret
from django_rclone.masking import looks_secret, mask

EXPOSED = (
    "holds a password, which every user of the machine could read in the process list. Give the remote a name, in "
    "rclone.conf or in RCLONE_CONFIG_<NAME>_... variables, and use that name."
)

# Names that look like secrets' and hold none. The first are flags without a value: the next word is not theirs.
_SWITCH = re.compile(
    r"[-_](?:env_auth|v2_auth|no_auth|client_credentials|ask_password|pass_bad_blocks|auth_owner_only|auth_redirect"
    r"|bypass_governance_retention|key_use_agent|pin_host_key)$"
)
_NO_SECRET = re.compile(r"(?:_file|_command|access_key_id|kms_key_id|_url|_expiry|_md5|_sha256|htpasswd)$")


def split_secrets(flags: tuple[str, ...]) -> tuple[tuple[str, ...], dict[str, Secret]]:
    """Takes flags like ``--s3-secret-access-key VALUE`` (or ``=VALUE``) out of the command line."""
    kept: list[str] = []
    secrets: dict[str, Secret] = {}
    rest = iter(flags)
    for flag in rest:
        name, equals, value = flag.partition("=")
        if name.startswith("--") and _holds_secret(name.removeprefix("--")):
            variable = "RCLONE_" + name.removeprefix("--").replace("-", "_").upper()
            secrets[variable] = Secret(value if equals else next(rest, ""))
        else:
            kept.append(flag)
    return tuple(kept), secrets


def has_secret(root: str) -> bool:
    """Tells whether a remote's name carries a password in a connection string (``:sftp,pass=…:``) or a URL."""
    return mask(root) != root or any(_holds_secret(name) for name in re.findall(r",\s*(\w+)=", root))


def _holds_secret(option: str) -> bool:
    name = option.replace("-", "_")
    return looks_secret(name) and not _SWITCH.search("_" + name) and not _NO_SECRET.search(name)
