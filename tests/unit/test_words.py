"""What people read: commands, errors, sizes and times; and no secrets among them."""

from __future__ import annotations

import io
import json
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from django_rclone import display, exceptions
from django_rclone.command import Attached, Command, Secret
from django_rclone.display import Progress
from django_rclone.exceptions import DjangoRcloneError, Interrupted, ProgramFailed
from django_rclone.masking import looks_secret, mask, secret_values


def test_a_command_shows_no_secret() -> None:
    command = Command(
        ("/usr/bin/pg_dump", "--pass", Secret("hunter2"), Attached(b"hunter2", "password file"), "a b"),
        env={"PGPASSWORD": Secret("hunter2")},
    )
    assert str(command) == "/usr/bin/pg_dump --pass *** <password file> 'a b'"
    assert "hunter2" not in repr(command)
    assert command.program == "pg_dump"
    assert str(Secret("hunter2")) == "***"
    assert "hunter2" not in f"{Secret('hunter2')!r}"


@given(secret=st.text("abc012:@/", min_size=5).map("{}0".format), before=st.text("xyz ./:"), after=st.text("xyz ./@"))
def test_a_known_secret_is_masked_wherever_it_stands(secret: str, before: str, after: str) -> None:
    masked = mask(before + secret + after, ["another", secret])
    assert secret not in masked
    assert "***" in masked


def test_the_longer_of_two_secrets_is_masked_whole() -> None:
    assert mask("hunter2000", ["hunter2", "hunter2000"]) == "***"


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("postgres://user:hunter2@host/db", "postgres://user:***@host/db"),
        ("at https://:hunter2@host, then", "at https://:***@host, then"),
        ("https://host:8080/a@b", "https://host:8080/a@b"),
        ("https://user@host", "https://user@host"),
        ("12:30 a@b", "12:30 a@b"),
    ],
)
def test_passwords_in_addresses_are_masked(text: str, masked: str) -> None:
    assert mask(text) == masked


def test_very_short_values_are_no_secrets_worth_spoiling_the_text_for() -> None:
    assert mask("a cat", ["a", "", "at"]) == "a cat"


@pytest.mark.parametrize("name", ["PGPASSWORD", "RCLONE_CONFIG_PASS", "aws_secret_access_key", "--drive-token", "DSN"])
def test_names_of_secrets_are_known(name: str) -> None:
    assert looks_secret(name)
    assert secret_values({name: "hunter2", "HOME": "/root"}) == ["hunter2"]


def test_the_path_of_a_secret_is_none() -> None:
    assert secret_values({"BACKUP_ENCRYPTION_PASSWORD_FILE": "/run/secrets/backup"}) == []


@pytest.mark.parametrize("name", ["PATH", "PGHOST", "--bwlimit", "LANG"])
def test_other_names_are_not(name: str) -> None:
    assert not looks_secret(name)


@pytest.mark.parametrize(
    ("name", "code"),
    [
        *(("DjangoRcloneError", 1), ("ConfigurationError", 2), ("PartlyDone", 3), ("Locked", 4)),
        *(("VerificationFailed", 5), ("NothingToRestore", 6), ("Unavailable", 75)),
    ],
)
def test_exit_codes_are_those_of_the_design(name: str, code: int) -> None:
    assert getattr(exceptions, name)("x").exit_code == code


def test_an_interrupted_run_ends_as_shells_expect() -> None:
    assert (Interrupted(2).exit_code, Interrupted(15).exit_code) == (130, 143)
    assert isinstance(Interrupted(2), DjangoRcloneError)


@pytest.mark.parametrize(
    ("code", "stderr", "text"),
    [
        (3, "a\n\n b \nc\nd\n", "pg_dump ended with exit code 3: b | c | d"),
        (1, " \n", "pg_dump ended with exit code 1"),
        (-9, "", "pg_dump was killed by signal 9"),
    ],
)
def test_a_programs_failure_tells_how_and_its_last_words(code: int, stderr: str, text: str) -> None:
    assert str(ProgramFailed("pg_dump", code, stderr)) == text


@pytest.mark.parametrize(
    ("count", "text"),
    [(0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (1_550_000, "1.6 MB"), (2e9, "2.0 GB"), (3e15, "3000.0 TB")],
)
def test_sizes_are_decimal(count: float, text: str) -> None:
    assert display.size(count) == text


@pytest.mark.parametrize(
    ("span", "text"),
    [
        (timedelta(seconds=-5), "0 s"),
        (timedelta(seconds=59), "59 s"),
        (timedelta(minutes=5), "5 min"),
        (timedelta(hours=23), "23 h"),
        (timedelta(days=400), "400 d"),
    ],
)
def test_ages_are_in_their_largest_unit(span: timedelta, text: str) -> None:
    assert display.age(span) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.04, "0.0 s"), (59.9, "59.9 s"), (60, "1 min 00 s"), (3599, "59 min 59 s"), (7260, "2 h 01 min")],
)
def test_durations_read_easily(seconds: float, text: str) -> None:
    assert display.duration(seconds) == text


def test_tables_are_aligned_and_numbers_stand_right() -> None:
    assert display.table(("name", "size"), [("a", "1"), ("longer", "100")], right=(1,)) == [
        "name    size",
        "a          1",
        "longer   100",
    ]
    assert display.table(("a",), []) == ["a"]


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_progress_at_a_terminal_is_one_line_that_is_cleared_in_the_end() -> None:
    clock, stream = iter([0.0, 10.0, 10.0, 20.0, 20.0]), Terminal()
    progress = Progress("dump", lambda: 5_000_000, 20_000_000, stream=stream, clock=lambda: next(clock))
    progress.tick()
    line = "dump: 5.0 MB, 500.0 kB/s, 25 % of about 20.0 MB, 30.0 s left"
    assert stream.getvalue() == "\r" + line
    progress.close()
    assert stream.getvalue().endswith("\r" + " " * len(line) + "\r")


def test_progress_elsewhere_is_a_line_now_and_then() -> None:
    now, stream = [0.0], io.StringIO()
    progress = Progress("dump", lambda: 1000, stream=stream, clock=lambda: now[0])
    for now[0] in (1.0, 29.0, 31.0, 40.0, 61.5):
        progress.tick()
    progress.close()
    assert stream.getvalue() == "dump: 1.0 kB, 32 B/s\ndump: 1.0 kB, 16 B/s\n"


def test_a_name_that_is_no_text_can_be_printed_and_stored() -> None:
    name = b"caf\xe9".decode(errors="surrogateescape")
    assert display.printable(name) == "caf\\udce9"
    assert json.loads(json.dumps(name, ensure_ascii=False).encode(errors="backslashreplace")) == name
