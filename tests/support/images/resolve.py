"""The order in which an image is looked for."""

import functools
import os
import re
import sys

from tests.support.images import cache, debian, standin
from tests.support.images.catalogue import CATALOGUE
from tests.support.images.engine import EngineError, label, present
from tests.support.images.pull import pull

USED: list[str] = []
"""Findings so far, in words, for reports."""


@functools.cache
def image(name: str, version: str) -> str:
    """A reference that the engine can run, of the image of this name and version in the catalogue.

    Says on stderr which one is used and why. Raises EngineError when there is none to be had.
    """
    with cache.lock(f"image-{name}-{version}"):
        reference, reason = _find(name, version)
    USED.append(f"test image {name}:{version} = {reference} ({reason})")
    print(USED[-1], file=sys.stderr, flush=True)
    return reference


def variable(name: str, version: str) -> str:
    """The environment variable that names the image to use: TEST_IMAGE_POSTGRES_17 for postgres:17."""
    return "TEST_IMAGE_" + re.sub(r"\W", "_", f"{name}_{version}").upper()


def _find(name: str, version: str) -> tuple[str, str]:
    entry = CATALOGUE[f"{name}:{version}"]
    if own := os.environ.get(variable(name, version)):
        return own, f"named by {variable(name, version)}"
    if present(entry.official):
        return entry.official, "a stand-in made here before" if label(entry.official, debian.LABEL) else "here already"
    failure = pull(entry.official)
    if not failure:
        return entry.official, "official, pulled"
    if entry.suite:
        debian.make(entry.suite, entry.official)
        return entry.official, f"stand-in by debootstrap: {failure}"
    if not entry.dockerfile:
        raise EngineError(f"{entry.official} cannot be pulled and has no stand-in: {failure}")
    base = image(*entry.base.split(":"))
    tag = standin.reference(name, version, entry, base)
    standin.build(tag, entry, base)
    return tag, f"stand-in on {base}: {failure}"
