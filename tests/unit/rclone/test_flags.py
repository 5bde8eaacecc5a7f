"""Users' settings of rclone in RCLONE_FLAGS and in the environment. With a real rclone, where it is asked."""

from __future__ import annotations

import dataclasses
import http.server
import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_django import Settings

from django_rclone import checks, conf
from django_rclone.command import Secret
from django_rclone.exceptions import ConfigurationError, DjangoRcloneError
from django_rclone.process import run
from django_rclone.rclone import backend_options, options
from django_rclone.rclone.errors import progress
from django_rclone.rclone.flags import classify
from django_rclone.rclone.options import OPTIONS, Rule, Takes, variable
from django_rclone.rclone.remote import Remote
from tests.support import rclone_table

REFUSED = sorted(name for name, option in OPTIONS.items() if option.rule is Rule.REFUSED)
OURS = sorted(name for name, option in OPTIONS.items() if option.rule is Rule.OURS)
PASSED = sorted(name for name, option in OPTIONS.items() if option.rule is Rule.PASSED and not option.reason)


def flag(name: str, value: str = "1") -> tuple[str, ...]:
    return (f"--{name}",) if OPTIONS[name].takes is Takes.NOTHING else (f"--{name}", value)


# The table


def test_every_flag_of_the_installed_rclone_is_in_the_table() -> None:
    """And each by what it takes. What a new rclone brings must be judged before it is passed on."""
    lines = run(Remote("").command("help", "flags")).decode().partition("Flags for anything")[2].splitlines()
    lines_of_flags = [line.split("  ")[0].split() for text in lines if (line := text.strip().partition("--")[2])]
    found = {words[0]: " ".join(words[1:]) for words in lines_of_flags}
    assert len(found) > 1000
    takes = {"": Takes.NOTHING, "count": Takes.NOTHING, "stringArray": Takes.SEVERAL}
    for name, kind in found.items():
        if " " in kind:  # words of its description
            continue
        option = options.option(name)
        assert option is not None, name
        special = name.startswith(("rc-", "metrics-")) or name in options.SINGLE_IN_ENVIRONMENT
        assert special or option.takes is takes.get(kind, Takes.VALUE), name


def test_the_options_of_backends_are_those_of_the_installed_rclone() -> None:
    """`python -m tests.support.rclone_table` writes them anew; then see which of the new ones must be refused."""
    assert f"\n{rclone_table.table()}\n" == backend_options._TABLE


def test_what_is_refused_is_an_option_of_some_backend() -> None:
    assert {*backend_options.REFUSED, *backend_options.REFUSED_VALUES} <= OPTIONS.keys()


def test_what_rclone_calls_a_password_is_a_secret() -> None:
    for provider in rclone_table.providers():
        for option in provider["Options"]:
            if option["IsPassword"]:
                assert OPTIONS[f"{provider['Prefix']}-{option['Name'].replace('_', '-')}"].secret, option["Name"]
                assert option["Name"] in backend_options.SECRETS


# What is refused


@pytest.mark.parametrize("name", REFUSED)
def test_what_changes_what_a_call_does_is_refused_by_name(name: str) -> None:
    (problem,) = classify(flag(name), {}).problems
    assert problem.startswith(f"--{name} in RCLONE_FLAGS is refused: {OPTIONS[name].reason}")
    value = "true" if OPTIONS[name].takes is Takes.NOTHING else "1"
    (problem,) = classify((f"--{name}={value}",), {}).problems
    assert problem.startswith(f"--{name} ")
    (problem,) = classify((), {variable(name): value}).problems
    assert problem.startswith(f"{variable(name)} is refused: ")
    assert classify((), {variable(name): ""}).problems == ()


def test_a_switch_that_is_off_is_no_error_and_goes_nowhere() -> None:
    for name in REFUSED:
        if OPTIONS[name].takes is Takes.NOTHING:
            for off in ("false", "FALSE", "0", "f"):
                found = classify((f"--{name}={off}",), {variable(name): off})
                assert (found.problems, found.env, found.inherit, found.filters) == ((), {}, (), ()), name


@pytest.mark.parametrize(
    ("flags", "meant"),
    [
        (("-n",), "--dry-run"),
        (("-i",), "--interactive"),
        (("-vn",), "--dry-run"),
        (("-nP",), "--dry-run"),
        (("-u",), "--update"),
        (("-c",), "--checksum"),
        (("-I",), "--ignore-times"),
        (("-L",), "--copy-links"),
        (("-l",), "--links"),
        (("-x",), "--one-file-system"),
        (("--dry_run",), "--dry-run"),
        (("--rc-addr", ":5572"), "--rc-addr"),
        (("--metrics-addr=:5572",), "--metrics-addr"),
        (("--bwlimit", "1M", "--backup-dir", "x:y"), "--backup-dir"),
        (("--files-from", "-"), "--files-from"),
        (("--exclude-from=-",), "--exclude-from"),
        (("--dropbox-batch-mode", "async"), "--dropbox-batch-mode"),
        (("--azureblob-delete-snapshots=only",), "--azureblob-delete-snapshots"),
        (("--modify-window", "1h"), "--modify-window"),
    ],
)
def test_it_is_refused_however_it_is_spelt(flags: tuple[str, ...], meant: str) -> None:
    (problem,) = classify(flags, {}).problems
    assert problem.startswith(f"{meant} in RCLONE_FLAGS ")


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (("--bwlimt", "1M"), "unknown flag --bwlimt. Did you mean --bwlimit?"),
        (("--s3-chunksize=5M",), "unknown flag --s3-chunksize. Did you mean --s3-chunk-size?"),
        (("--vfs-cache-mode", "full"), "unknown flag --vfs-cache-mode."),
        (("-k",), "unknown flag -k."),
        (("--bwlimit 1M",), '"--bwlimit …" is one string. Write the flag and its value as two strings.'),
        (("--fast-list", "true"), '"true" is not a flag'),
        (("s3:elsewhere",), '"s3:elsewhere" is not a flag'),
        (("--bwlimit",), "--bwlimit has no value"),
        (("--header", "A: 1", "--header", "B: 2"), "RCLONE_FLAGS has --header twice"),
    ],
)
def test_what_is_no_flag_is_refused_with_what_was_meant(flags: tuple[str, ...], message: str) -> None:
    assert message in classify(flags, {}).problems[0]


@pytest.mark.parametrize(("name", "value"), [("RCLONE_DRY_RUN", "true"), ("RCLONE_DELETE_EXCLUDED", "1")])
def test_nothing_is_run_where_something_is_refused(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, remote: Remote, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    settings.DJANGO_RCLONE = {"REMOTE": remote.root}
    with pytest.raises(ConfigurationError, match=rf"^{name} is refused: ") as refused:
        conf.remote()
    assert refused.value.exit_code == 2
    for ask in (lambda: remote.files(""), lambda: remote.put("a", b"", atomic=True), lambda: remote.sync("a", "b")):
        with pytest.raises(ConfigurationError, match=rf"^{name} is refused: "):
            ask()
    assert list(Path(remote.root).iterdir()) == []
    (message,) = checks.check_settings()
    assert (message.id, message.msg[: len(name)]) == ("django_rclone.E008", name)


def test_flags_are_looked_at_by_check_too(settings: Settings) -> None:
    settings.DJANGO_RCLONE = {"REMOTE": "/backups", "RCLONE_FLAGS": ["-n", "--nonsense"]}
    assert [message.id for message in checks.check_settings()] == ["django_rclone.E008"] * 2


def test_a_misspelt_variable_is_a_warning(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.DJANGO_RCLONE = {"REMOTE": "/backups"}
    for name in ("RCLONE_BW_LIMIT", "RCLONE_VERSION", "RCLONE_OURS", "RCLONE_CONFIG_X_TYPE"):
        monkeypatch.setenv(name, "1.75.2")
    (message,) = checks.check_settings()
    assert (message.id, message.hint) == ("django_rclone.W006", "Did you mean RCLONE_BWLIMIT?")


def test_an_option_of_a_backend_that_is_newer_than_the_table_is_a_warning(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.DJANGO_RCLONE = {"REMOTE": "/backups"}
    monkeypatch.setenv("RCLONE_S3_QUANTUM_STORAGE", "true")
    (message,) = checks.check_settings()
    assert message.id == "django_rclone.W006"
    assert "RCLONE_S3_QUANTUM_STORAGE: it is not passed on" in message.msg
    assert message.hint == "Set it for the remote: RCLONE_CONFIG_<NAME>_<OPTION>."


# What is passed on, and how


def test_what_is_passed_on_goes_by_environment() -> None:
    assert len(PASSED) > 900
    for name in PASSED:
        command = Remote("x:", flags=("-v", *flag(name), "--fast-list")).read("a")
        value = command.env[variable(name)]
        text = value.value if isinstance(value, Secret) else value
        assert text == ("true" if OPTIONS[name].takes is Takes.NOTHING else "1"), name
        assert isinstance(value, Secret) is OPTIONS[name].secret, name
        assert command.env["RCLONE_FAST_LIST"] == "true", name
        assert command.argv == Remote("x:").read("a").argv, name


@pytest.mark.parametrize(
    ("environ", "kept"),
    [
        ({"RCLONE_BWLIMIT": "1M", "RCLONE_HEAD": "3", "RCLONE_VFS_CACHE_MODE": "full"}, {"RCLONE_BWLIMIT"}),
        ({"RCLONE_CONFIG": "", "RCLONE_CONFIG_S3_TYPE": "s3"}, {"RCLONE_CONFIG", "RCLONE_CONFIG_S3_TYPE"}),
        (
            {"RCLONE_CONFIG_PASS": "x", "RCLONE_PASSWORD_COMMAND": "x"},
            {"RCLONE_CONFIG_PASS", "RCLONE_PASSWORD_COMMAND"},
        ),
        ({"RCLONE_S3_REGION": "x", "RCLONE_S3_NONSENSE": "x", "rclone_bwlimit": "1"}, {"RCLONE_S3_REGION"}),
        ({"RCLONE_EXCLUDE": "x", "RCLONE_MAX_AGE": "1d"}, set()),
    ],
)
def test_only_what_is_known_reaches_rclone(environ: dict[str, str], kept: set[str]) -> None:
    found = classify((), environ)
    assert (set(found.inherit), found.problems) == (kept, ())


def test_flags_count_more_than_variables_and_lists_add_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RCLONE_BWLIMIT", "1M")
    monkeypatch.setenv("RCLONE_CA_CERT", "/a.pem")
    command = Remote("x:", flags=("--bwlimit=2M", "--ca-cert", '/b,"c".pem', "--contimeout", "1s")).read("a")
    assert command.env["RCLONE_BWLIMIT"] == "2M"
    assert command.env["RCLONE_CA_CERT"] == '/a.pem,"/b,""c"".pem"'
    assert command.env["RCLONE_CONTIMEOUT"] == "1s"
    assert not {"RCLONE_BWLIMIT", "RCLONE_CA_CERT"} & set(command.inherit)


class _Server(http.server.BaseHTTPRequestHandler):
    """Keeps what was asked of it, and which command lines there were then."""

    heard: list[tuple[dict[str, str], str]]

    def do_HEAD(self) -> None:
        self._answer()

    def do_GET(self) -> None:
        self._answer()

    def _answer(self) -> None:
        lines = []
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                lines.append(folder.joinpath("cmdline").read_bytes().decode(errors="replace"))
            except OSError:
                continue
        self.heard.append((dict(self.headers.items()), "\n".join(lines)))
        self.send_response(404)
        self.end_headers()

    def log_message(self, *_words: object) -> None:
        return


@pytest.fixture
def server() -> Iterator[tuple[str, list[tuple[dict[str, str], str]]]]:
    heard: list[tuple[dict[str, str], str]] = []
    handler = type("Handler", (_Server,), {"heard": heard})
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as httpd:
        thread = threading.Thread(target=httpd.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{httpd.server_port}", heard
        httpd.shutdown()
        thread.join()


@pytest.mark.parametrize("spelled", ["flags", "variable"])
def test_a_header_arrives_and_is_in_no_command_line(
    server: tuple[str, list[tuple[dict[str, str], str]]], monkeypatch: pytest.MonkeyPatch, spelled: str
) -> None:
    url, heard = server
    flags = ("--header", 'Authorization: Bearer "hunter2", x', "--http-url", url)
    if spelled == "variable":
        flags = ("--http-url", url)
        monkeypatch.setenv("RCLONE_HEADER", 'Authorization: Bearer "hunter2", x')
    remote = Remote(":http:", flags=flags)
    with pytest.raises(DjangoRcloneError):
        run(remote.read("folder/a"))
    headers, command_lines = heard[0]
    assert headers["Authorization"] == 'Bearer "hunter2", x'
    assert ":http:folder/a" in command_lines
    assert "hunter2" not in command_lines
    assert "hunter2" not in f"{remote.read('a')} {remote.read('a')!r}"


def test_a_bandwidth_limit_slows_a_stream(remote: Remote) -> None:
    content = os.urandom(400_000)
    began = time.monotonic()
    run(dataclasses.replace(remote, flags=("--bwlimit", "400k", "--buffer-size", "0")).write("a"), stdin=content)
    assert time.monotonic() - began > 0.4
    assert Path(remote.root, "a").read_bytes() == content


# What our calls set for themselves


@pytest.mark.parametrize("name", OURS)
def test_what_our_calls_set_themselves_is_ignored(name: str) -> None:
    found = classify(flag(name), {variable(name): "1"})
    assert (found.problems, found.env, found.inherit, found.filters) == ((), {}, (), ())


def test_no_log_setting_hides_what_went_wrong(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, remote: Remote) -> None:
    log = tmp_path / "log"
    for name, value in {
        "RCLONE_LOG_LEVEL": "ERROR",
        "RCLONE_QUIET": "true",
        "RCLONE_LOG_FILE": str(log),
        "RCLONE_PROGRESS": "true",
        "RCLONE_USE_JSON_LOG": "true",
        "RCLONE_STATS": "0",
        "RCLONE_STATS_ONE_LINE": "true",
        "RCLONE_VERBOSE": "2",
        "RCLONE_SYSLOG": "true",
        "RCLONE_ERROR_ON_NO_TRANSFER": "false",
    }.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(ConfigurationError, match=r'didn\'t find section in config file \("nosuch"\)'):
        Remote("nosuch:x").files("db")
    with pytest.raises(DjangoRcloneError, match="not found"):
        run(remote.read("db/none"))
    Path(remote.root, "m").mkdir()
    Path(remote.root, "m/a").write_text("123")
    heard: list[str] = []
    run(remote.sync(remote.path("m"), str(tmp_path / "to")), on_line=heard.append)
    assert any('"stats":' in line and '"transfers":1' in line for line in heard)
    assert not log.exists()


@pytest.mark.parametrize("name", ["RCLONE_S3_ENV_AUTH", "RCLONE_CONFIG_X_KEY_USE_AGENT", "RCLONE_SFTP_ASK_PASSWORD"])
def test_a_switch_with_a_secrets_name_leaves_the_statistics_whole(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, remote: Remote, name: str
) -> None:
    monkeypatch.setenv(name, "false")
    heard: list[str] = []
    run(remote.sync(remote.root, str(tmp_path / "to")), on_line=heard.append)
    assert any(progress(line) is not None for line in heard)


def test_a_value_that_rclone_does_not_take_is_a_matter_of_configuration(remote: Remote) -> None:
    for flags in (("--transfers", "many"), ("--bwlimit=fast",), ("--fast-list=maybe",)):
        with pytest.raises(ConfigurationError, match=r"rclone cannot start|Check REMOTE and rclone's configuration"):
            dataclasses.replace(remote, flags=flags).files("")
