"""Names of settings and commands in messages, as users of the sidecar know them."""

from __future__ import annotations

from typing import Literal

from django_rclone.setting_names import Key, SettingNames
from django_rclone_sidecar.environment.overrides import DRILL_DATABASE, OVERRIDES

_VARIABLES: dict[Key, str] = {
    **{key: variable for variable, key in OVERRIDES.items()},
    "DRILL_DATABASE": DRILL_DATABASE,
}


class VariableNames(SettingNames):
    """Environment variables; keys of the target project's settings where there is no variable."""

    dictionary = "the project's DJANGO_RCLONE"
    remote_example = "Set it to a remote and a folder on it, for instance s3:bucket/site."
    in_database_options = " in the project's DATABASE_OPTIONS"
    separate_mirrors = "Set BACKUP_PROJECT."
    is_project_right = "Is BACKUP_PROJECT right?"

    def setting(self, key: Key) -> str:
        return _VARIABLES.get(key) or f"the project's {key}"

    def item(self, key: Key) -> str:
        return _VARIABLES.get(key) or super().item(key)

    def connection(self, keys: str) -> str:
        return f"DATABASE_URL, or {keys} in the project's settings"

    def find_program(self, setting: Literal["RCLONE_BINARY", "BINARY_DIR"]) -> str:  # noqa: ARG002
        # Both are settings of the project, which may have none. PATH is always there.
        return "put it on PATH"


class VariableAndCommandNames(VariableNames):
    """The same, and the commands of ``django-rclone``."""

    is_project_right = "Is BACKUP_PROJECT right, or do you mean --from-project?"
    list_command = "`list`"
    prune_command = "prune"
    traceback = "BACKUP_LOG_LEVEL=debug shows where."

    def media_backup(self, option: str) -> str:
        return f"media-backup {option}"
