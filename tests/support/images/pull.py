"""One quick attempt at the official image; a registry that does not answer is not asked again for a while."""

import subprocess
import threading
import time
from pathlib import Path
from urllib.parse import quote

from tests.support.images import cache

FIRST_WORD = 15.0
"""Seconds until the registry must have answered."""
WHOLE_IMAGE = 1800.0
"""Seconds that a pull may take once the registry has answered."""
REMEMBERED = 6 * 3600.0
"""Seconds for which a failure is believed."""

_ABOUT_THIS_IMAGE_ALONE = ("not found", "manifest unknown", "denied", "no matching manifest")


def pull(reference: str) -> str:
    """Pulls an image. Returns an empty string when that went well, else why not."""
    registry = _note(_registry(reference))
    for note in (registry, _note(reference)):
        if note.exists() and time.time() - note.stat().st_mtime < REMEMBERED:
            return f"{note.read_text()}, remembered"
    if reason := _attempt(reference):
        note = _note(reference) if any(words in reason for words in _ABOUT_THIS_IMAGE_ALONE) else registry
        reason = reason.rpartition(": ")[2]
        note.write_text(reason)
    return reason


def _attempt(reference: str) -> str:
    # The client's first line comes once the registry has answered: from then on it is only a matter of size.
    with subprocess.Popen(
        ["docker", "pull", reference], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        assert process.stderr
        answered = threading.Timer(FIRST_WORD, process.kill)
        answered.start()
        first = process.stdout.readline()
        answered.cancel()
        finished = threading.Timer(WHOLE_IMAGE, process.kill)
        finished.start()
        process.stdout.read()
        error = process.stderr.read().strip()
        finished.cancel()
    if process.returncode == 0:
        return ""
    if process.returncode < 0:
        return "the pull took too long" if first else "no registry answered in time"
    return error.splitlines()[-1] if error else "the pull failed"


def _registry(reference: str) -> str:
    first, slash, _ = reference.partition("/")
    return first if slash and ("." in first or ":" in first or first == "localhost") else "default"


def _note(name: str) -> Path:
    return cache.folder("pulls-that-failed") / quote(name, safe="")
