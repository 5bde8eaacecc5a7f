"""``web``, which `serve` starts and nobody else: health, metrics and the page, until it is told to end."""

from __future__ import annotations

import os
from argparse import ArgumentParser

from django_rclone_sidecar import env, web_server


def parser() -> ArgumentParser:
    """Returns what reads the verb's arguments."""
    return ArgumentParser("django-rclone web", allow_abbrev=False)


def main(arguments: list[str]) -> int:
    parser().parse_args(arguments)
    web_server.Server(web_server.listen(env.read(os.environ).get("PORT"))).run()
    return 0
