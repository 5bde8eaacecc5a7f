"""Older copies of a backup on a remote in a folder, so that it has a history without making each of them."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path


def copy_back(remote: Path, days: int, alias: str = "default") -> None:
    """Copies the newest backup of an alias for each of so many days before it."""
    found = [path for path in (remote / "manifests").iterdir() if json.loads(path.read_text())["database"] == alias]
    newest = max(found, key=lambda path: json.loads(path.read_text())["started_at"])
    text = newest.read_text()
    made = json.loads(text)
    (stored,) = made["objects"]
    for day in range(1, days + 1):
        copy_id = f"{alias[0]}{day:05}"
        older = json.loads(text.replace(made["id"], copy_id))
        for name in ("started_at", "finished_at"):
            older[name] = (datetime.fromisoformat(made[name]) - timedelta(days=day)).isoformat()
        newest.with_name(newest.name.replace(made["id"], copy_id)).write_text(json.dumps(older))
        (remote / stored["path"].replace(made["id"], copy_id)).write_bytes((remote / stored["path"]).read_bytes())
