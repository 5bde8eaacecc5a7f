"""rclone: what we ask it, what we make of its answers, and what its failures mean. With the real one."""

from __future__ import annotations

import dataclasses
import os
import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from django_rclone.exceptions import ConfigurationError, DjangoRcloneError, ProgramFailed, Unavailable
from django_rclone.process import run
from django_rclone.rclone import glob_patterns, installation
from django_rclone.rclone.abilities import Abilities, parse_features
from django_rclone.rclone.entries import Entry
from django_rclone.rclone.errors import AccessDenied, last_error
from django_rclone.rclone.remote import Remote
from django_rclone.rclone.secrets import has_secret
from django_rclone.rclone.upload_parts import part_flags

pytestmark = pytest.mark.usefixtures("either_way")


def written(remote: Remote, path: str, content: bytes = b"content") -> Path:
    file = Path(remote.root, path)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)
    return file


# Command lines


def test_command_lines_are_tuples_and_users_flags_are_not_in_them() -> None:
    remote = Remote("s3:bucket/site", flags=("--bwlimit", "10M"))
    for command, begin in (
        (remote.read("db/a b.dump"), ("rclone", "cat", "s3:bucket/site/db/a b.dump")),
        (remote.write("db/x"), ("rclone", "rcat", "s3:bucket/site/db/x")),
        (remote.sync("/m", "s3:bucket/m", "--dry-run"), ("rclone", "sync", "/m", "s3:bucket/m", "--use-json-log")),
    ):
        assert command.argv[: len(begin)] == begin
        assert "--bwlimit" not in command.argv
        assert command.env["RCLONE_BWLIMIT"] == "10M"
    assert "--dry-run" in remote.sync("/m", "s3:bucket/m", "--dry-run").argv


def test_rclone_does_not_begin_a_stream_again() -> None:
    argv = Remote("x:").write("a").argv
    assert argv[argv.index("--retries") + 1] == "1"


def test_a_configuration_is_named_only_where_one_is_set() -> None:
    assert "--config" not in Remote("x:").read("a").argv
    argv = Remote("x:", binary="/opt/rclone", config="/etc/rclone.conf").read("a").argv
    assert argv[0] == "/opt/rclone"
    assert argv[argv.index("--config") + 1] == "/etc/rclone.conf"


@pytest.mark.parametrize(
    ("root", "path"),
    [
        ("/backups", "/backups/db"),
        ("s3:bucket", "s3:bucket/db"),
        ("sftp:", "sftp:db"),
        ("/", "/db"),
        ("a:b/", "a:b/db"),
    ],
)
def test_paths_are_below_the_root(root: str, path: str) -> None:
    assert Remote(root).path("db") == path
    assert Remote(root).path("") == root


def test_rclone_really_reads_flags_from_the_environment(tmp_path: Path) -> None:
    remote = Remote(":crypt:", flags=("--crypt-remote", str(tmp_path), "--crypt-password=not-obscured"))
    with pytest.raises(DjangoRcloneError, match="obscured"):
        remote.files("")


@pytest.mark.parametrize(
    ("root", "secret"),
    [
        (":sftp,host=h,user=u,pass=abc:path", True),
        (":s3,provider=AWS, secret_access_key=abc:bucket", True),
        ("drive,token='{}':path", True),
        (":webdav,url='https://user:hunter2@host/':path", True),
        (":s3,env_auth=true:bucket", False),
        (":s3,access_key_id=AKIA,env_auth:bucket", False),
        (":sftp,host=h,key_file=/id,key_use_agent=true:path", False),
        (":sftp,host=h,ask_password=false:path", False),
        (":webdav,url='https://host/':path", False),
        (":azureblob,account=a,sas_url='https://a.blob.core.windows.net/?sig=abc':container", True),
        (":azureblob,connection_string='AccountKey=abc':container", True),
        (":storj,access_grant=abc:bucket", True),
        (":webdav,url='https://host/',headers='Cookie,abc':path", True),
        (":internxt,mnemonic='a b c':path", True),
        (":iclouddrive,cookies=abc:path", True),
        (":alias,remote=':sftp,host=h,pass=abc:x':", True),
        ("s3:bucket/a,pass=word", False),
        ("s3:bucket/password", False),
        ("/backups/secret", False),
        ("C:/pass=word", False),
    ],
)
def test_a_password_in_the_remotes_name_is_seen(root: str, secret: bool) -> None:
    assert has_secret(root) is secret


def _size(text: str) -> int:
    assert text.endswith("Mi")
    return int(text[:-2]) << 20


@given(size=st.integers(0, 5 << 40))
def test_an_upload_never_needs_more_parts_than_there_may_be(size: int) -> None:
    flags = part_flags(size)
    chosen = dict(zip(flags[::2], flags[1::2], strict=True))
    # Sources: the backends' own pages, docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html among them.
    for flag, default, most in (
        ("--s3-chunk-size", 5 << 20, 10_000),
        ("--azureblob-chunk-size", 4 << 20, 50_000),
        ("--oos-chunk-size", 5 << 20, 10_000),
        ("--b2-chunk-size", 96 << 20, 10_000),
    ):
        part = _size(chosen[flag]) if flag in chosen else default
        assert -(-size // part) <= most
        assert part <= 4000 << 20
        # As small as will do, with twice the room: parts cost memory.
        assert part == default or part - (1 << 20) <= 2 * size / most


def test_small_uploads_leave_the_users_parts_alone() -> None:
    assert part_flags(0) == part_flags(20 << 30) == ()
    assert part_flags(100 << 30)[:2] == ("--s3-chunk-size", "21Mi")
    written = Remote("x:", flags=("--s3-chunk-size", "64M")).write("a", 100 << 30)
    assert written.env["RCLONE_S3_CHUNK_SIZE"] == "64M"
    assert "--s3-chunk-size" not in written.argv


# What backends can do. As `rclone backend features` of 1.75 answers.


@pytest.mark.parametrize(
    ("features", "expected"),
    [
        ({"BucketBased": True, "PartialUploads": False, "PutStream": True}, Abilities(atomic=True, streams=True)),
        ({"BucketBased": False, "PartialUploads": True, "PutStream": True}, Abilities(atomic=False, streams=True)),
        # webdav: shows cut uploads, and does not say so
        ({"BucketBased": False, "PartialUploads": False, "PutStream": True}, Abilities(atomic=False, streams=True)),
        ({"BucketBased": True, "PartialUploads": False, "PutStream": False}, Abilities(atomic=True, streams=False)),
        ({"BucketBased": True, "PartialUploads": True}, Abilities(atomic=False, streams=False)),
        ({}, Abilities(atomic=False, streams=False)),
    ],
)
def test_abilities_are_read_from_features(features: dict[str, bool], expected: Abilities) -> None:
    assert parse_features({"Name": "x", "Features": features}) == expected


@pytest.mark.parametrize(
    ("precision", "hashes", "expected"),
    [(1, ["md5"], (True, True)), (10**9, [], (True, False)), (3153600000000000000, [], (False, False))],
)
def test_what_files_can_be_compared_by_is_read_too(precision: int, hashes: list[str], expected: object) -> None:
    can = parse_features({"Features": {}, "Precision": precision, "Hashes": hashes})
    assert (can.times, can.hashes) == expected


def test_what_is_not_said_is_not_believed() -> None:
    assert parse_features({}) == Abilities(atomic=False, streams=False)


def test_a_folder_shows_half_written_files_and_takes_streams(remote: Remote) -> None:
    assert remote.abilities() == Abilities(atomic=False, streams=True)


def test_s3_shows_whole_objects_only() -> None:
    remote = Remote(":s3,provider=Minio,access_key_id=a,secret_access_key=b,endpoint='http://127.0.0.1:1':bucket")
    assert remote.abilities() == Abilities(atomic=True, streams=True)


def test_rclone_tells_its_version(remote: Remote) -> None:
    assert remote.version() >= installation.OLDEST_VERSION


# Files on a real remote


def test_files_are_listed_with_size_and_time(remote: Remote) -> None:
    moment = datetime(2026, 11, 23, 10, 15, tzinfo=UTC)
    os.utime(written(remote, "db/größe 100% 'x' \"y\".dump", b"12345"), (moment.timestamp(),) * 2)
    written(remote, "db/sub/b")
    assert remote.files("db") == [Entry("größe 100% 'x' \"y\".dump", 5, moment)]
    assert sorted(entry.path for entry in remote.files("db", recursive=True))[-1] == "sub/b"
    assert len(remote.files("db", recursive=True)) == 2


def test_a_folder_that_is_not_there_has_no_files(remote: Remote) -> None:
    assert remote.files("none") == []
    assert remote.contents("none", ("*.json",)) == []
    assert Remote(remote.root + "/none").files("db") == []


def test_one_file_is_looked_at(remote: Remote) -> None:
    written(remote, "db/a", b"12345")
    found = remote.stat("db/a")
    assert found is not None
    assert (found.path, found.size) == ("db/a", 5)
    assert remote.stat("db/b") is None
    assert remote.stat("none/b") is None
    assert remote.stat("db") is None


@pytest.mark.parametrize("answer", ["", "null", "{}", '[{"Path": "a"', "Deprecated: use another\n[]"])
def test_an_answer_that_cannot_be_read_is_an_error_and_no_empty_list(tmp_path: Path, answer: str) -> None:
    binary = tmp_path / "rclone"
    binary.write_text(f"#!/bin/sh\ncat <<'end'\n{answer}\nend\n")
    binary.chmod(0o755)
    remote = Remote("b:secret", binary=str(binary))
    with pytest.raises(
        DjangoRcloneError, match=r"rclone lsjson succeeded, but its output \(\d+ bytes\) cannot be parsed"
    ):
        remote.files("manifests")
    if answer not in ("null", "{}"):
        with pytest.raises(DjangoRcloneError, match="cannot be parsed"):
            remote.stat("a")


@pytest.mark.parametrize("atomic", [True, False])
def test_a_small_file_is_written_whole(remote: Remote, atomic: bool) -> None:
    remote.put("manifests/a b", b"first", atomic=atomic)
    remote.put("manifests/a b", b"second", atomic=atomic)
    assert [path.name for path in Path(remote.root, "manifests").iterdir()] == ["a b"]
    assert Path(remote.root, "manifests/a b").read_bytes() == b"second"


def test_an_empty_file_is_a_file(remote: Remote) -> None:
    remote.put("empty", b"", atomic=False)
    assert Path(remote.root, "empty").read_bytes() == b""


def test_a_small_file_is_written_beside_where_half_of_it_would_show(remote: Remote, tmp_path: Path) -> None:
    seen = tmp_path / "seen"
    spy = tmp_path / "rclone-spy"
    spy.write_text(f'#!/bin/sh\n[ "$1" = rcd ] && exit 1\necho "$1 $2 $3" >> {seen}\nexec rclone "$@"\n')
    spy.chmod(stat.S_IRWXU)
    dataclasses.replace(remote, binary=str(spy)).put("a", b"x", atomic=False)
    root = remote.root
    assert seen.read_text().splitlines()[0].startswith(f"rcat {root}/a.partial ")
    assert seen.read_text().splitlines()[1:] == [f"moveto {root}/a.partial {root}/a"]


@pytest.mark.parametrize("atomic", [True, False])
def test_a_small_file_that_cannot_replace_a_folder_is_an_error(remote: Remote, atomic: bool) -> None:
    written(remote, "m/a/b")
    with pytest.raises(DjangoRcloneError):
        remote.put("m/a", b"new", atomic=atomic)
    assert {path.name for path in Path(remote.root, "m").iterdir()} == ({"a"} if atomic else {"a", "a.partial"})


@pytest.mark.parametrize("name", ['"x".json', "größe", "a;b", "50%25 off, ~+@.json"])
def test_a_small_file_may_have_any_name(remote: Remote, name: str) -> None:
    remote.put(f"m/{name}", b"--\r\ncontent\r\n", atomic=False)
    assert [path.name for path in Path(remote.root, "m").iterdir()] == [name]
    assert Path(remote.root, "m", name).read_bytes() == b"--\r\ncontent\r\n"


def test_a_move_replaces_what_was_there(remote: Remote) -> None:
    written(remote, "db/a", b"new")
    written(remote, "db/b", b"old")
    remote.move("db/a", "db/b")
    assert [path.name for path in Path(remote.root, "db").iterdir()] == ["b"]
    assert Path(remote.root, "db/b").read_bytes() == b"new"


def test_what_cannot_be_moved_is_an_error(remote: Remote) -> None:
    with pytest.raises(DjangoRcloneError):
        remote.move("db/a", "db/b")


def test_a_file_is_deleted_and_one_that_is_not_there_is_no_error(remote: Remote) -> None:
    file = written(remote, "db/a")
    remote.delete("db/a")
    assert not file.exists()
    remote.delete("db/a")
    remote.delete("none/a")


def test_contents_are_read_together_and_told_apart(remote: Remote) -> None:
    for name, text in {
        "a.json": '{"a": "ü\\u001e"}',
        "b.json": '{"b":\n 2}\n',
        "c.txt": "no",
        "sub/d.json": "no",
    }.items():
        written(remote, f"m/{name}", text.encode())
    assert sorted(text.strip() for text in remote.contents("m", ("*.json",))) == ['{"a": "ü\\u001e"}', '{"b":\n 2}']
    assert remote.contents("m", ("a*",)) == ['{"a": "ü\\u001e"}']
    assert len(remote.contents("m", ("a*", "b*"))) == 2
    assert remote.contents("m", ("x*",)) == []
    assert remote.contents("m", ()) == []


@pytest.mark.parametrize("name", ["*", "[x]", "{a,b}", "{{x}}", "a?", "back\\slash", "!^#,;", " lead", "größe"])
def test_a_literal_pattern_fits_its_file_alone(remote: Remote, name: str) -> None:
    for file in (name, "x", "a", "ab", "backslash", "back/slash"):
        written(remote, f"m/{file}", file.encode())
    assert remote.contents("m", (glob_patterns.literal(name),)) == [name]


def test_what_is_streamed_in_comes_out(remote: Remote) -> None:
    content = os.urandom(300_000)
    run(remote.write("db/x"), stdin=content)
    assert run(remote.read("db/x")) == content


# What failures mean: real ones


@pytest.fixture
def without_rights(tmp_path: Path) -> str:
    """An rclone for which the rights of files count, also when the tests are run by root."""
    if os.geteuid() != 0:
        return "rclone"
    binary = tmp_path / "rclone-without-rights"
    binary.write_text('#!/bin/sh\nexec setpriv --bounding-set=-dac_override,-dac_read_search rclone "$@"\n')
    binary.chmod(stat.S_IRWXU)
    return str(binary)


def test_a_missing_object_is_told_with_the_way_to_find_others(remote: Remote) -> None:
    message = r'^Remote ".*": .*not found\. List the backups with `listbackups`\.$'
    with pytest.raises(DjangoRcloneError, match=message) as failed:
        run(remote.read("db/none"))
    assert failed.value.exit_code == 1


def test_an_unknown_remote_is_a_matter_of_configuration() -> None:
    with pytest.raises(ConfigurationError, match=r"didn't find section in config file.*Check REMOTE"):
        Remote("nowhere:bucket").files("db")


def test_an_unknown_backend_is_a_matter_of_configuration() -> None:
    with pytest.raises(ConfigurationError, match=r"Check REMOTE"):
        Remote(":nosuchbackend:bucket").files("db")


@pytest.mark.parametrize(
    ("name", "value"), [("RCLONE_TIMEOUT", "5x"), ("RCLONE_BWLIMIT", "no"), ("RCLONE_CONFIG", "/")]
)
def test_a_value_that_rclone_does_not_understand_is_a_matter_of_configuration(
    remote: Remote, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(
        ConfigurationError, match=r"^rclone cannot start: [Ff]ailed to load .*\. Check its configuration"
    ):
        remote.files("db")


def test_an_unknown_flag_is_a_matter_of_configuration(remote: Remote) -> None:
    with pytest.raises(ConfigurationError, match=r"^RCLONE_FLAGS has an unknown flag --nonsense\."):
        dataclasses.replace(remote, flags=("--nonsense",)).files("db")


@pytest.mark.parametrize(
    "root",
    [
        ":ftp,host=127.0.0.1,port={port},pass=LxTyP9SRVM-EeAZP5tNj3UM:path",  # as `rclone obscure` writes one
        ":sftp,host=127.0.0.1,port={port},user=u,pass=LxTyP9SRVM-EeAZP5tNj3UM,known_hosts_file=none:path",
        ":webdav,url='http://127.0.0.1:{port}':path",
    ],
)
def test_a_server_that_does_not_answer_may_do_so_later(root: str, closed_port: int) -> None:
    with pytest.raises(Unavailable, match=r"connection refused\. Try again later"):
        Remote(root.format(port=closed_port)).files("db")


def test_a_folder_that_may_not_be_written_is_a_matter_of_rights(remote: Remote, without_rights: str) -> None:
    Path(remote.root, "db").mkdir(mode=0o555)
    with pytest.raises(ConfigurationError, match=r"denies access: .*permission denied\. Check its credentials"):
        run(dataclasses.replace(remote, binary=without_rights).write("db/x"), stdin=b"x")
    assert list(Path(remote.root, "db").iterdir()) == []


def test_a_file_that_may_not_be_read_is_a_matter_of_rights(remote: Remote, without_rights: str) -> None:
    written(remote, "db/x").chmod(0)
    with pytest.raises(ConfigurationError, match=r"permission denied"):
        run(dataclasses.replace(remote, binary=without_rights).read("db/x"))


# … and recorded ones, of rclone 1.75


@pytest.mark.parametrize(
    ("stderr", "code", "kind", "words"),
    [
        ("ERROR : x: Post request rcat error: write /b/x: no space left on device", 1, DjangoRcloneError, "is full"),
        ("ERROR : x: Post request rcat error: open /b/x: read-only file system", 1, AccessDenied, "denies"),
        (
            "ERROR : x: Post request rcat error: operation error S3: PutObject, https response error StatusCode: 403, "
            "RequestID: 1, api error SignatureDoesNotMatch: no",
            *(1, AccessDenied, "denies access"),
        ),
        (
            "ERROR : x: Post request rcat error: failed to prepare upload: operation error S3: CreateBucket, https "
            "response error StatusCode: 403, RequestID: 1, api error AccessDenied: Access Denied.",
            *(1, AccessDenied, "set RCLONE_S3_NO_CHECK_BUCKET=true"),
        ),
        ("NOTICE: Failed to rcat: api error AccessDenied: Access Denied", 1, AccessDenied, "denies access"),
        (
            'NOTICE: Failed to create file system for "x:": NewFs: couldn\'t connect SSH: ssh: handshake failed: '
            "ssh: unable to authenticate, attempted methods [none password], no supported methods remain",
            *(1, AccessDenied, "denies access"),
        ),
        ("ERROR : error listing: api error NoSuchBucket: no", 1, ConfigurationError, "cannot be used"),
        ("NOTICE: Failed to rcat: api error SlowDown: Please reduce your request rate", 1, Unavailable, "later"),
        ('NOTICE: Failed to cat: Get "https://h": dial tcp: lookup h: no such host', 1, Unavailable, "later"),
        ("NOTICE: Failed to cat: net/http: TLS handshake timeout", 1, Unavailable, "later"),
        ("ERROR : something new", 5, Unavailable, "something new"),
        ("ERROR : something new", 1, DjangoRcloneError, "rclone ended with exit code 1: something new"),
        ("", 1, DjangoRcloneError, "ended with exit code 1"),
        ("", -9, DjangoRcloneError, "was killed by signal 9"),
    ],
)
def test_failures_are_understood(stderr: str, code: int, kind: type[DjangoRcloneError], words: str) -> None:
    text = f"2026/11/23 04:17:54 {stderr}\n" if stderr else ""
    error = Remote("x:y").read("a").explain(ProgramFailed("rclone", code, text))
    assert type(error) is kind
    assert words in str(error)
    assert str(error).startswith('Remote "x:y"')
    assert "2026/11/23" not in str(error)


@pytest.mark.parametrize(
    ("stderr", "error"),
    [
        ("2026/11/23 04:17:54 ERROR : one\n2026/11/23 04:17:54 ERROR : two\n", "two"),
        ("2026/11/23 04:17:54 NOTICE: Failed to cat: why\n", "Failed to cat: why"),
        ('{"level":"error","msg":"why","time":"x"}\n{"level":"error","msg":"x","stats":{"bytes":1}}\n', "why"),
        ('{"level":"error","msg":"why"}\n{not json\n', "why"),
        ('{"level":"notice","msg":"Config file \\"/x\\" not found - using defaults"}\n', ""),
        ("Error: x\nUsage:\nUse \"rclone help\" for more.\n2026/11/23 04:17:54 NOTICE: Fatal error: y\n",
         "Fatal error: y"),
        ("no prefix at all", "no prefix at all"),
        ("", ""),
    ],
)  # fmt: skip
def test_the_last_error_is_found_in_rclones_log(stderr: str, error: str) -> None:
    assert last_error(stderr) == error
