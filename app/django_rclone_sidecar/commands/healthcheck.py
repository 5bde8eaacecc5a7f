"""``healthcheck``: checks the `serve` of this container. Imports little, because it runs every minute."""

from __future__ import annotations

from argparse import ArgumentParser
from http.client import HTTPConnection, HTTPException
from pathlib import Path

from django_rclone.exceptions import DjangoRcloneError
from django_rclone_sidecar import arguments
from django_rclone_sidecar.environment.read import Environment

_PROGRAM = ("entrypoint.sh", "django-rclone", "django_rclone_sidecar")
"""The word before the command: the image's entrypoint, or a replacement of it."""


def create_parser() -> ArgumentParser:
    """Returns the parser of the command's arguments."""
    return arguments.create_parser(
        "healthcheck",
        "Request /healthz from the `serve` of this container. Exit code 0: it is healthy, or the container runs "
        "another command.",
    )


def main(argv: list[str], environment: Environment) -> int:
    create_parser().parse_args(argv)
    command = container_command(Path("/proc/1/cmdline"))
    if command not in ("serve", ""):
        print(f"This container runs {command}.")
        return 0
    port = environment.get("PORT")
    try:
        connection = HTTPConnection("127.0.0.1", port, timeout=5)
        connection.request("GET", "/healthz")
        response = connection.getresponse()
        print(response.read(1000).decode(errors="replace").strip())
    except ConnectionRefusedError as error:
        print(f"No answer on port {port}: {error}.")
        # An unknown first process need not be `serve`.
        return DjangoRcloneError.exit_code if command else 0
    except (OSError, HTTPException) as error:
        print(f"No answer on port {port}: {error}.")
        return DjangoRcloneError.exit_code
    return 0 if response.status == 200 else DjangoRcloneError.exit_code


def container_command(first: Path) -> str:
    """Returns the command of this container's first process, empty if unknown."""
    try:
        words = first.read_bytes().decode(errors="replace").rstrip("\0").split("\0")
    except OSError:
        return ""
    named = (words[at + 1 :] for at, word in enumerate(words) if word.endswith(_PROGRAM))
    return next((after[0] for after in named if after), "")
