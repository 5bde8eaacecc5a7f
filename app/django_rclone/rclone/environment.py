"""The environment of rclone: variables of this process that reach it, and defaults that users may override. Pure.

``flags`` classifies the user's own settings: flags, and variables that begin with RCLONE_.
"""

from __future__ import annotations

from collections.abc import Mapping

from django_rclone.command import Secret
from django_rclone.rclone.flags import UserSettings

# Variables from which rclone's backends read credentials and proxies.
_CREDENTIALS_AND_PROXIES = (
    *("XDG_*", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy"),
    *("AWS_*", "GOOGLE_*", "AZURE_*", "OS_*", "ST_*", "SSH_AUTH_SOCK", "KRB5*"),
)
_DEFAULTS = {"RCLONE_CONTIMEOUT": "15s"}
# A query moves no data and gets only two attempts, so that it fails fast.
_QUERY_DEFAULTS = {"RCLONE_LOW_LEVEL_RETRIES": "2"}


def inherited(settings: UserSettings) -> tuple[str, ...]:
    """Returns the names, or patterns of names, of variables that rclone inherits from this process."""
    return (*_CREDENTIALS_AND_PROXIES, *settings.inherit)


def variables(
    settings: UserSettings, of_remote: Mapping[str, str | Secret], *, is_query: bool
) -> dict[str, str | Secret]:
    """Returns the variables that rclone gets in addition: defaults, then the user's flags, then those of the remote."""
    defaults = {**_DEFAULTS, **(_QUERY_DEFAULTS if is_query else {})}
    return {
        **{name: value for name, value in defaults.items() if name not in settings.inherit},
        **settings.env,
        **of_remote,
    }
