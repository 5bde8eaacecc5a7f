"""Capabilities of rclone's backends."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

# Precision in nanoseconds of a backend that stores no times: a hundred years. Source: fs.ModTimeNotSupported.
_NO_TIMES = 100 * 365 * 24 * 3600 * 10**9


@dataclass(frozen=True, slots=True)
class Abilities:
    """Capabilities of the backend behind the remote."""

    atomic: bool
    """An object is visible only when it is complete."""
    streams: bool
    """The backend accepts a stream of unknown length; otherwise rclone first writes all of it to local disk."""
    times: bool = True
    """The backend stores the modification time of a file."""
    hashes: bool = True
    """The backend provides a hash of each file."""


def parse_features(features: Mapping[str, Any]) -> Abilities:
    """Returns the capabilities in the output of ``rclone backend features``.

    Only bucket stores that report no partial uploads count as atomic: webdav reports none either, but shows an
    incomplete upload under its final name.
    """
    flags = features.get("Features", {})
    return Abilities(
        atomic=bool(flags.get("BucketBased")) and not flags.get("PartialUploads"),
        streams=bool(flags.get("PutStream")),
        times=features.get("Precision", 0) < _NO_TIMES,
        hashes=bool(features.get("Hashes", True)),
    )
