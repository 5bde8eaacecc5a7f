"""The remote that the settings name, and the validation of rclone's own options."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from functools import cache

from django_rclone import setting_names
from django_rclone.command import Secret
from django_rclone.conf.values import configured, get, limits, overlap, unknown_keys
from django_rclone.exceptions import ConfigurationError, DjangoRcloneError, Interrupted, Unavailable
from django_rclone.rclone import crypt, remote_options, secrets
from django_rclone.rclone import flags as rclone_flags
from django_rclone.rclone.configuration import Sections
from django_rclone.rclone.remote import Remote


def remote() -> Remote:
    """Returns the remote that the settings name. Every command calls this first.

    Raises ConfigurationError for invalid settings, and for unknown keys, which are probably mistyped.
    """
    for key, meant in unknown_keys().items():
        hint = f' Did you mean "{meant}"?' if meant else ""
        raise ConfigurationError(f'{setting_names.current().dictionary} has an unknown key "{key}".{hint}')
    if not configured().get("REMOTE"):
        names = setting_names.current()
        raise ConfigurationError(f"{names.item('REMOTE')} is not set. {names.remote_example}")
    if wrong := overlap():
        raise ConfigurationError(wrong)
    root = get("REMOTE")
    if secrets.has_secret(root):
        raise ConfigurationError(f"{setting_names.current().item('REMOTE')} {secrets.EXPOSED}")
    for wrong in rclone_problems():
        raise ConfigurationError(wrong)
    password = get("ENCRYPTION_PASSWORD")
    return crypt.encrypted(_unencrypted(), Secret(password)) if password else _unencrypted()


def _unencrypted() -> Remote:
    config = get("RCLONE_CONFIG")
    return Remote(
        root=get("REMOTE"),
        binary=get("RCLONE_BINARY"),
        config="" if config is None else str(config),
        flags=tuple(get("RCLONE_FLAGS")),
        limits=limits(),
    )


def rclone_problems() -> Iterator[str]:
    """Yields a sentence for each refused option of rclone.

    Options are in RCLONE_FLAGS, in the environment and in rclone.conf.
    """
    base = _unencrypted()
    user_settings = rclone_flags.classify(base.flags, os.environ)
    yield from user_settings.problems
    if not user_settings.problems and shutil.which(base.binary):  # if it is missing, the first command reports it
        yield from remote_options.problems(base.root, _sections(base), os.environ)


def _sections(base: Remote) -> Sections:
    try:
        return _sections_of_config(base.binary, base.config, base.flags, os.environ.get("RCLONE_CONFIG"))
    except (ConfigurationError, Interrupted, Unavailable):
        raise
    except DjangoRcloneError:  # the first command of rclone reports it
        return {}


@cache
def _sections_of_config(binary: str, config: str, flags: tuple[str, ...], _config: str | None) -> Sections:
    """Returns the sections of rclone.conf. Failures are not cached."""
    return Remote("", binary=binary, config=config, flags=flags).configured()
