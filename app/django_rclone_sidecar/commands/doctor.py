"""``doctor``: checks everything that backups and restores need, in the order in which they need it."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from collections.abc import Iterator

from django_rclone import conf, display
from django_rclone.exceptions import DjangoRcloneError, Interrupted
from django_rclone_sidecar import arguments, bootstrap
from django_rclone_sidecar.doctor import databases, notifications, remote
from django_rclone_sidecar.doctor import environment as surroundings
from django_rclone_sidecar.doctor.finding import Finding, FindingLevel, fail, run_check
from django_rclone_sidecar.environment.read import Environment


def create_parser() -> ArgumentParser:
    """Returns the parser of the command's arguments."""
    parser = arguments.create_parser(
        "doctor",
        "Check everything that backups and restores need, and print what to do about each problem. Writes one small "
        "object to the remote and deletes it (if these credentials cannot, `prune` does it later); changes nothing "
        "else and sends no notifications. Exit code 1: a check failed.",
    )
    parser.add_argument("--notify", action="store_true", help="Send a test message to BACKUP_NOTIFY_URLS.")
    arguments.add_json(parser, "one JSON object")
    return parser


def main(argv: list[str], environment: Environment) -> int:
    options = create_parser().parse_args(argv)
    found: list[Finding] = []
    for finding in _findings(environment, send=options.notify):
        found.append(finding)
        if not options.json:
            print(display.printable(str(finding)), flush=True)
    healthy = not any(finding.level is FindingLevel.FAIL for finding in found)
    if options.json:
        print(json.dumps({"ok": healthy, "findings": [finding.document() for finding in found]}, indent=2))
    return 0 if healthy else DjangoRcloneError.exit_code


def _findings(environment: Environment, *, send: bool) -> Iterator[Finding]:
    try:
        sidecar = bootstrap.start(environment)
    except Interrupted:
        raise
    except DjangoRcloneError as error:
        yield fail("target", message=str(error))
        return
    for name, check in (
        ("target", surroundings.target),
        ("environment", surroundings.environment),
        ("settings", surroundings.settings),
        ("state", surroundings.state),
    ):
        yield from run_check(name, check, sidecar)
    for alias in sidecar.aliases:
        yield from databases.check(alias)
    yield from remote.check(prunes=bool(environment.get("BACKUP_PRUNE") and conf.retention()))
    yield from run_check("media", surroundings.media, sidecar)
    for name, check in (
        ("notifications", notifications.notifications if not send else notifications.test_message),
        ("heartbeat", notifications.heartbeat),
        ("pushgateway", notifications.pushgateway),
    ):
        yield from run_check(name, check, sidecar)
