"""``web``, which `serve` starts and nobody else: health, metrics and the page, until it is told to end."""

from __future__ import annotations

from argparse import ArgumentParser

from django_rclone_sidecar.environment.read import Environment
from django_rclone_sidecar.web import server


def parser() -> ArgumentParser:
    """Returns what reads the command's arguments."""
    return ArgumentParser("django-rclone web", allow_abbrev=False)


def main(arguments: list[str], environment: Environment) -> int:
    parser().parse_args(arguments)
    server.Server(server.listen(environment.get("PORT"))).run()
    return 0
