"""What a remote is configured with, wherever that stands, and calls that do not end. With a real rclone."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from pytest_django import Settings

from django_rclone import conf
from django_rclone.command import Command, Secret
from django_rclone.exceptions import ConfigurationError, DjangoRcloneError, ProgramFailed, Unavailable
from django_rclone.process import Limits, run
from django_rclone.process.stall import Activity
from django_rclone.rclone import crypt as encryption
from django_rclone.rclone.errors import progress
from django_rclone.rclone.remote import Remote
from django_rclone.rclone.remote_options import problems
from tests.support import rclone_table

S3 = {"type": "s3"}


@pytest.mark.parametrize(
    ("root", "sections", "environ", "message"),
    [
        ("s3:b", {"s3": {**S3, "versions": "true"}}, {}, 'Remote "s3" has the option versions: '),
        ("s3:b", {"s3": S3}, {"RCLONE_CONFIG_S3_VERSION_AT": "2026-01-01"}, 'Remote "s3" has the option version_at: '),
        ("s3:b", {}, {"RCLONE_CONFIG_S3_TYPE": "s3", "RCLONE_CONFIG_S3_VERSIONS": "1"}, 'Remote "s3" has'),
        ("s3,versions=true:b", {"s3": S3}, {}, 'Remote "s3" has the option versions: '),
        ("s3,versions:b", {"s3": S3}, {}, "Remove it from the connection string."),
        (":s3,version_at='2026-01-01T00:00:00Z':b", {}, {}, 'Remote ":s3" has the option version_at: '),
        (":drive,trashed_only:", {}, {}, "other files than those that exist now"),
        ("gcs:b", {"gcs": {"type": "google cloud storage", "decompress": "true"}}, {}, "option decompress"),
        ("x:b", {"x": {"type": "alias", "remote": "s3:b"}, "s3": {**S3, "versions": "true"}}, {}, 'Remote "s3"'),
        (
            "x:",
            {"x": {"type": "combine", "upstreams": "a=b2:x c=d:y"}, "b2": {"type": "b2", "versions": "1"}},
            {},
            '"b2"',
        ),
        ("x:", {"x": {"type": "alias", "remote": "s3,versions=true:b"}, "s3": S3}, {}, "option versions"),
        ("x:", {"x": {"type": "union", "upstreams": "/y s3,versions=true:b"}, "s3": S3}, {}, "option versions"),
        (
            "x:",
            {"x": {"type": "union", "upstreams": "y:z s3:b:ro"}, "s3": {**S3, "versions": "1"}},
            {},
            "option versions",
        ),
        ("x:", {"x": {"type": "combine", "upstreams": "a=:s3,versions:b"}}, {}, "option versions"),
        ("x:", {"x": {"type": "dropbox", "batch_mode": "async"}}, {}, "option batch_mode"),
        ("x:", {"x": {"type": "local", "global.dry_run": "true"}}, {}, "option global.dry_run: rclone would change"),
        ("x:", {"x": {"type": "local", "override.backup_dir": "y:"}}, {}, "option override.backup_dir"),
        ("x:", {"x": {"type": "local", "global.log_level": "ERROR"}}, {}, "django-rclone sets that itself"),
        ("x,global.ignore_existing=true:", {"x": {"type": "local"}}, {}, "option global.ignore_existing"),
        ("my-disk:", {}, {"RCLONE_CONFIG_MY_DISK_GLOBAL.DRY_RUN": "true"}, "option global.dry_run"),
    ],
)
def test_options_that_show_other_files_are_refused_wherever_they_stand(
    root: str, sections: dict[str, dict[str, str]], environ: dict[str, str], message: str
) -> None:
    (problem,) = problems(root, sections, environ)
    assert message in problem


@pytest.mark.parametrize(
    ("root", "sections"),
    [
        ("s3:b", {"s3": {**S3, "versions": "false", "no_head": "true", "region": "x"}}),
        ("s3:b", {"s3": S3, "old": {**S3, "versions": "true"}}),
        ("/backups", {"s3": {**S3, "versions": "true"}}),
        ("s3:versions/trashed_only", {"s3": S3}),
        (":s3,endpoint='http://h:9000',env_auth:b/a,versions", {}),
        ("x:", {"x": {"type": "alias", "remote": "x:"}}),
        ("x:", {"x": {"type": "local", "global.bwlimit": "1M", "override.transfers": "2"}}),
        ("x:", {"x": {"type": "dropbox", "batch_mode": "sync"}}),
    ],
)
def test_other_options_are_the_users(root: str, sections: dict[str, dict[str, str]]) -> None:
    assert list(problems(root, sections, {})) == []


def test_rclone_conf_is_looked_at_before_anything_runs(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    config = tmp_path / "rclone.conf"
    config.write_text("[disk]\ntype = local\nglobal.dry_run = true\n")
    monkeypatch.setenv("RCLONE_CONFIG", str(config))
    settings.DJANGO_RCLONE = {"REMOTE": f"disk:{tmp_path}/remote"}
    with pytest.raises(ConfigurationError, match=r'^Remote "disk" has the option global\.dry_run: '):
        conf.remote()


# Encrypted: our remote, and their configuration


def test_a_remote_of_the_same_name_decides_nothing_of_ours(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, remote: Remote
) -> None:
    config = tmp_path / "rclone.conf"
    config.write_text(
        "[decrypted]\ntype = crypt\nno_data_encryption = true\nsuffix = none\npass_bad_blocks = true\n"
        "filename_encryption = off\nremote = /elsewhere\npassword2 = abc\n"
    )
    monkeypatch.setenv("RCLONE_CONFIG", str(config))
    monkeypatch.setenv("RCLONE_CONFIG_DECRYPTED_NO_DATA_ENCRYPTION", "true")
    monkeypatch.setenv("RCLONE_CONFIG_DECRYPTED_STRICT_NAMES", "nonsense")
    sealed = encryption.encrypted(remote, Secret("cage of a canary"))
    sealed.put("db/name", b"content", atomic=False)
    (file,) = [path for path in Path(remote.root).rglob("*") if path.is_file()]
    assert b"content" not in file.read_bytes()
    assert "name" not in str(file.relative_to(remote.root))
    assert run(sealed.read("db/name")) == b"content"
    assert sealed.path("db") == "decrypted:db"
    # Exactly what RESTORE.md says opens it.
    for name in ("RCLONE_CONFIG_DECRYPTED_NO_DATA_ENCRYPTION", "RCLONE_CONFIG_DECRYPTED_STRICT_NAMES"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("RCLONE_CONFIG", "")
    options = {**encryption.PARAMETERS, "REMOTE": f"{remote.root}/encrypted"}
    for option, text in options.items():
        monkeypatch.setenv(encryption.variable(option), text)
    obscured = subprocess.run(["rclone", "obscure", "cage of a canary"], capture_output=True, check=True, text=True)
    monkeypatch.setenv(encryption.variable("PASSWORD"), obscured.stdout.strip())
    assert run(Command(("rclone", "cat", "decrypted:db/name"), inherit=("RCLONE_*",))) == b"content"


def test_every_option_of_crypt_is_set(remote: Remote) -> None:
    (crypt,) = [provider for provider in rclone_table.providers() if provider["Name"] == "crypt"]
    sealed = encryption.encrypted(remote, Secret("x"))
    options = {name.removeprefix(f"RCLONE_CONFIG_{sealed.alias.upper()}_").lower() for name in sealed.env}
    assert {option["Name"] for option in crypt["Options"]} <= options


def test_each_run_names_it_anew_and_messages_do_not(remote: Remote) -> None:
    sealed = encryption.encrypted(remote, Secret("x"))
    assert sealed.alias != encryption.encrypted(remote, Secret("x")).alias
    with pytest.raises(DjangoRcloneError) as failed:
        run(sealed.command("moveto", sealed.path("a"), sealed.path("b")))
    assert sealed.alias not in str(failed.value)


@pytest.mark.parametrize(
    "environ",
    [
        {},
        {"RCLONE_CONFIG_PASS": "wrong"},
        {"RCLONE_PASSWORD_COMMAND": "echo wrong"},
        {"RCLONE_PASSWORD_COMMAND": "/no/such/program"},
        {"RCLONE_ASK_PASSWORD": "true"},
        {"RCLONE_LOG_LEVEL": "ERROR"},
    ],
)
def test_a_configuration_that_does_not_open_is_told_with_what_opens_it(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, environ: dict[str, str]
) -> None:
    config = tmp_path / "rclone.conf"
    config.write_text("[a]\ntype = alias\nremote = /backups\n")
    monkeypatch.setenv("RCLONE_CONFIG", str(config))
    set_it = ["rclone", "config", "encryption", "set"]
    subprocess.run(set_it, input=b"pw 1\npw 1\n", check=True, capture_output=True)
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    settings.DJANGO_RCLONE = {"REMOTE": "a:site"}
    for call in (conf.remote, lambda: Remote("a:site").files("")):
        with pytest.raises(
            ConfigurationError, match=r"encrypted and cannot be decrypted: .*RCLONE_CONFIG_PASS or RCLONE_PASS"
        ):
            call()
    for name in environ:
        monkeypatch.delenv(name)
    monkeypatch.setenv("RCLONE_CONFIG_PASS", "pw 1")
    assert conf.remote().root == "a:site"


# Servers that never answer


CALLS: list[Callable[[Remote], object]] = [
    lambda remote: remote.files("db"),
    lambda remote: remote.files("db", recursive=True),
    lambda remote: remote.folders("db"),
    lambda remote: remote.stat("db/a"),
    lambda remote: remote.stored_at("db/a"),
    lambda remote: remote.contents("manifests", ("*.json",)),
    lambda remote: remote.put("a", b"x", atomic=True),
    lambda remote: remote.move("a", "b"),
    lambda remote: remote.delete("a"),
    lambda remote: run(remote.sync(remote.path("m"), "/nowhere/at/all"), timeout=None, stall=remote.limits.stall),
]


@pytest.mark.usefixtures("either_way")
@pytest.mark.parametrize("call", CALLS)
def test_no_call_waits_for_ever_for_a_server_that_never_answers(silent: int, call: Callable[[Remote], object]) -> None:
    remote = Remote(f":webdav,url='http://127.0.0.1:{silent}':", limits=Limits(stall=0.3))
    with pytest.raises(
        Unavailable, match=r"^Nothing moved for 0\.3 s while waiting for rclone \(STALL_TIMEOUT\)"
    ) as late:
        call(remote)
    assert late.value.exit_code == 75


@pytest.mark.usefixtures("either_way")
def test_the_whole_time_of_a_call_is_bounded_too(silent: int) -> None:
    remote = Remote(f":webdav,url='http://127.0.0.1:{silent}':", limits=Limits(timeout=0.3))
    with pytest.raises(Unavailable, match=r"^rclone did not end within 0\.3 s"):
        remote.move("a", "b")


def test_each_sign_of_movement_counts_and_only_those() -> None:
    activity = Activity(Command(("rclone",), progress=progress), None)
    times = [activity.last]
    for line in ('{"stats":{"bytes":1}}', "NOTICE: retrying", '{"stats":{"bytes":1}}', '{"stats":{"bytes":2}}'):
        activity.read_line(line)
        times.append(activity.last)
    activity.record()
    assert len({*times, activity.last}) == 4
    assert times[1] == times[2] == times[3]
    other = Activity(Command(("other",)), None)
    before = other.last
    other.read_line("anything")
    assert other.last > before


def test_talk_without_progress_is_no_movement() -> None:
    talk = Command(("sh", "-c", "while :; do echo again >&2; sleep 0.05; done"), progress=lambda line: line)
    with pytest.raises(Unavailable, match=r"Nothing moved .* Last output: again"):
        run(talk, stall=0.3)


def test_statistics_show_whether_something_moves() -> None:
    first = progress('{"stats":{"bytes":1,"checks":2,"elapsedTime":3}}')
    assert first == progress('{"stats":{"bytes":1,"checks":2,"elapsedTime":9}}')
    assert first != progress('{"stats":{"bytes":2,"checks":2,"elapsedTime":9}}')
    assert progress("NOTICE: retrying") is progress('{"msg":"x"}') is progress("[]") is None


@pytest.mark.parametrize(
    "reason",
    [
        "preallocate: file too big for remaining disk space",
        "write /b/x: disk quota exceeded",
        "507 Insufficient Storage",
        "path/insufficient_space/..",
        "XMinioStorageFull: Storage backend has reached its minimum free drive threshold",
    ],
)
def test_a_full_disk_is_told_however_the_storage_says_it(reason: str) -> None:
    error = Remote("x:y").read("a").explain(ProgramFailed("rclone", 1, f"2026/11/23 04:17:54 ERROR : a: {reason}\n"))
    assert re.match(r'Remote "x:y" is full: .*Free space there', str(error))
