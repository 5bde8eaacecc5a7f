"""The program on a PostgreSQL server: rights, consent, and secrets that stay where they belong."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.cli.program import Program
from tests.contract.subjects.postgresql import Postgresql
from tests.support.servers import PostgresServer

CRYPT = "crypt-canary"


@pytest.fixture
def subject(postgres17: PostgresServer) -> Iterator[Postgresql]:
    with postgres17.database() as name:
        made = Postgresql(postgres17, name)
        made.fill_simply()
        yield made
        made.close()


@pytest.fixture
def program(tmp_path: Path, subject: Postgresql) -> Program:
    made = Program(tmp_path)
    made.env["DATABASE_URL"] = url(subject)
    made.env["PATH"] = f"{subject.server.client_dir}:{made.env['PATH']}"
    return made


def url(subject: Postgresql) -> str:
    """The database's URL, with everything in the password that a URL must not hold as it is."""
    place = f"{subject.server.host}:{subject.server.port}/{subject.name}"
    return f"postgres://{subject.role}:{quote(subject.PASSWORD, safe='')}@{place}"


def test_a_backup_and_a_restore_bring_everything_back(program: Program, subject: Postgresql):
    before = subject.words()
    done = program.run("backup")
    assert done.code == 0, done.err
    place = f"postgresql {subject.role}@{subject.server.host}:{subject.server.port}/{subject.name}"
    assert f'Database "default": {place} (from DATABASE_URL' in done.err
    subject.execute("CREATE TABLE later (id int)")
    done = program.run("restore", "--latest", "--terminate-sessions", "--backup-first")
    assert done.code == 0, done.err
    assert subject.words() == before
    assert len(program.listed()) == 2


def test_the_doctor_tells_which_rights_are_missing(program: Program, subject: Postgresql):
    assert program.run("doctor").code == 0
    with subject.server.connect(subject.name) as connection:
        connection.execute("REVOKE CREATE ON SCHEMA public FROM PUBLIC")
        connection.execute("ALTER SCHEMA public OWNER TO CURRENT_USER")
    done = program.run("doctor", "--json")
    warned = [entry["message"] for entry in json.loads(done.out)["findings"] if entry["level"] == "warn"]
    assert [message for message in warned if "GRANT ALL ON SCHEMA" in message], warned


def test_a_wrong_password_is_said_without_it(program: Program, subject: Postgresql):
    program.env["DATABASE_URL"] = url(subject).replace("canary", "wrong-canary")
    for command in (["backup"], ["doctor"]):
        done = program.run(*command)
        assert done.code in (1, 2)
        assert "canary" not in done.out + done.err
        assert "authentication failed" in done.out + done.err


def test_one_server_that_is_away_does_not_keep_the_others_from_being_saved(program: Program):
    program.add("notes")
    program.env["DATABASE_URL"] = "postgres://app:canary@127.0.0.1:1/app"
    done = program.run("backup")
    assert done.code == 3
    assert [row["database"] for row in program.listed()] == ["notes"]
    assert program.run("backup", "--database", "default").code == 75


def test_the_encryption_password_is_shown_to_nobody_and_given_to_no_other_program(
    program: Program, subject: Postgresql
):
    subject.execute("CREATE TABLE ballast AS SELECT sha512(n::text::bytea) FROM generate_series(1, 50000) AS n")
    seen = set()
    run = program.start("backup", BACKUP_ENCRYPTION_PASSWORD=CRYPT, RCLONE_BWLIMIT="4M", RCLONE_BUFFER_SIZE="0")
    while run.process.poll() is None:
        for pid, line in run.children().items():
            assert CRYPT not in line
            program_name = next((name for name in ("pg_dump", "rclone") if f"/{name} " in line), "")
            with suppress(OSError):
                environment = Path(f"/proc/{pid}/environ").read_bytes().decode()
                if program_name:
                    seen.add(program_name)
                    assert CRYPT not in environment
                    assert ("RCLONE_CONFIG_DECRYPTED_PASSWORD" in environment) <= (program_name == "rclone")
        time.sleep(0.005)
    done = run.end()
    assert done.code == 0, done.err
    assert seen == {"pg_dump", "rclone"}
    assert CRYPT not in done.out + done.err
