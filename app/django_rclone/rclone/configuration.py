"""Options of the remotes in rclone's configuration."""

from __future__ import annotations

from collections.abc import Mapping

type Sections = Mapping[str, Mapping[str, str]]
"""Sections of rclone.conf: the options of each remote, by its name."""


def configured_options(name: str, sections: Sections, environ: Mapping[str, str]) -> dict[str, str]:
    """Returns the options of a remote. The environment overrides rclone.conf, as in rclone."""
    prefix = f"RCLONE_CONFIG_{name}_".upper().replace("-", "_")
    variables = {key.removeprefix(prefix).lower(): value for key, value in environ.items() if key.startswith(prefix)}
    return {**sections.get(name, {}), **variables}
