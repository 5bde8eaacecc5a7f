"""Size of an image, by component."""

import re

from tests.support.images.engine import docker

MEGABYTE = 1_000_000
LIMIT = 450 * MEGABYTE
"""Largest size of the image."""

_SHOWN = 12


def total(reference: str) -> int:
    """The image's size in bytes, as `docker images` has it."""
    return int(docker("image", "inspect", "--format", "{{.Size}}", reference))


def report(reference: str) -> str:
    """The size, the layers, and the largest folders of Python's packages, as lines for people."""
    lines = [f"{reference}: {_megabytes(total(reference))}, of which"]
    lines += [f"  {_megabytes(size):>9}  {made_by}" for size, made_by in _layers(reference)]
    lines += ["and of the virtual environment"]
    lines += [f"  {_megabytes(size):>9}  {path}" for size, path in _largest(reference)]
    return "\n".join(lines)


def _layers(reference: str) -> list[tuple[int, str]]:
    """Size and first words of every layer that has some size, the lowest first."""
    found = []
    form = "{{.Size}}\t{{.CreatedBy}}"
    for line in docker("history", "--no-trunc", "--human=false", "--format", form, reference).splitlines():
        size, _, command = line.partition("\t")
        if int(size) >= MEGABYTE // 10:
            words = re.sub(r"^/bin/sh -c (#\(nop\) )?|(--chown=\S+?)?(dir|file|multi):[0-9a-f]+ in ", "", command)
            found.append((int(size), " ".join(words.split())[:90] or "Debian"))
    return found[::-1]


def _largest(reference: str) -> list[tuple[int, str]]:
    script = "du --summarize --bytes /opt/venv/bin/* /opt/venv/lib/python3*/site-packages/*"
    output = docker("run", "--rm", "--network=none", "--entrypoint=sh", reference, "-c", script)
    sizes = [(int(size), path) for size, path in (line.split("\t") for line in output.splitlines())]
    return sorted(sizes, reverse=True)[:_SHOWN]


def _megabytes(size: int) -> str:
    return f"{size / MEGABYTE:.1f} MB"
