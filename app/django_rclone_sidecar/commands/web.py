"""``web``, started by `serve` only: serves health, metrics and the status page until stopped."""

from __future__ import annotations

from argparse import ArgumentParser

from django_rclone_sidecar import arguments
from django_rclone_sidecar.environment.read import Environment
from django_rclone_sidecar.web import server


def create_parser() -> ArgumentParser:
    """Returns the parser of the command's arguments."""
    return arguments.create_parser("web")


def main(argv: list[str], environment: Environment) -> int:
    create_parser().parse_args(argv)
    server.WebServer(server.listen(environment.get("PORT"))).run()
    return 0
