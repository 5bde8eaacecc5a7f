"""Engines that this container does not have are known by their names: their backend classes cannot be asked."""

from __future__ import annotations

import re
from collections.abc import Mapping

from django_rclone.db.registry import ENGINES

# The first that fits. Geographic engines dump with what is special to them.
_FAMILIES: Mapping[str, str] = {
    r"postgis": "django.contrib.gis.db.backends.postgis",
    r"postg|psycopg": "django.db.backends.postgresql",
    r"spatialite": "django.contrib.gis.db.backends.spatialite",
    r"sqlite": "django.db.backends.sqlite3",
    r"gis.*mysql": "django.contrib.gis.db.backends.mysql",
    r"mysql|maria": "django.db.backends.mysql",
    r"mongo|djongo": "django_mongodb_backend",
}


def here(engine: str, mapping: Mapping[str, str]) -> str:
    """Returns the engine of this container that stands for ``engine``: itself if it is known or has a connector in
    ``mapping``, else one of the same family. Empty if there is none."""
    if engine in ENGINES or engine in mapping:
        return engine
    return next((ours for pattern, ours in _FAMILIES.items() if re.search(pattern, engine.lower())), "")
