"""A folder of files for the contract, by the connector that docs/connectors.md shows."""

from __future__ import annotations

import json
import os
import random
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from pprint import pformat
from typing import Any

from tests.contract.project import base_env
from tests.contract.subjects.base import ACCOUNTS, BALANCE, Subject, run_plainly


class Folder(Subject):
    """A folder of files."""

    client = ("tar --extract",)
    dumper = ("tar --create",)

    def __init__(self, folder: Path) -> None:
        self.path = folder / "index"
        self.path.mkdir()

    @property
    def database(self) -> dict[str, Any]:
        return {"ENGINE": "django.db.backends.dummy", "NAME": str(self.path)}

    @property
    def options(self) -> dict[str, Any]:
        return {"CONNECTORS": {"default": "tests.docs.folder_connector.FolderConnector"}}

    def fill_with_everything(self) -> None:
        for name in ("a/b/c", "empty folder", "naïve ☃\n'quoted'", "-rf", "x" * 200):
            (self.path / name).mkdir(parents=True)
            (self.path / name / "file").write_text(f"in {name}")
        (self.path / "nothing").touch()
        (self.path / "nothing").chmod(0o4751)
        (self.path / "a/zeros").write_bytes(bytes(3_000_000))
        (self.path / "a/noise").write_bytes(random.Random(1).randbytes(1_000_000))
        (self.path / "link").symlink_to("a/b")
        (self.path / "nowhere").symlink_to("/nonexistent/☃")
        (self.path / "again").hardlink_to(self.path / "a/noise")
        (self.path / "empty folder/file").unlink()
        (self.path / "empty folder").chmod(0o1700)
        os.utime(self.path / "a/zeros", (1e9, 1e9))

    def change_everything(self) -> None:
        (self.path / "later").mkdir()
        (self.path / "later/file").write_text("later")
        (self.path / "link").unlink()
        (self.path / "link").symlink_to("later")
        (self.path / "nothing").chmod(0o600)
        (self.path / "a/noise").write_bytes(b"later")
        (self.path / "a/zeros").unlink()
        shutil.rmtree(self.path / "-rf")

    def fingerprint(self, into: str = "") -> str:
        folder = Path(into) if into else self.path
        return pformat([_described(path, folder) for path in (folder, *sorted(folder.rglob("*")))])

    def beside(self) -> str:
        return str(self.path.with_name("beside"))

    def by_hand(self, command: str) -> str:
        run_plainly(command, base_env(), self.path.parent)
        return self.fingerprint(str(self.path.with_name("restored")))

    def fill_simply(self, megabytes: float = 0) -> None:
        (self.path / "word").mkdir()
        for number, text in ((1, "one"), (2, "two"), (3, "zwölf")):
            (self.path / f"word/{number}").write_text(text)
        if megabytes:
            (self.path / "payload").write_bytes(random.Random(7).randbytes(round(megabytes * 1e6)))

    def words(self, into: str = "") -> list[tuple[Any, ...]]:
        folder = Path(into) if into else self.path
        return [(int(path.name), path.read_text()) for path in sorted((folder / "word").iterdir())]

    def lose_words(self, *numbers: int) -> None:
        for path in (self.path / "word").iterdir():
            if not numbers or int(path.name) in numbers:
                path.unlink()

    def rewrite_a_word(self) -> None:
        (self.path / "word/1").write_text("eno")

    def drop(self, *tables: str) -> None:
        for table in tables:
            path = self.path / table
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink()

    def payload(self) -> Any:
        return sha256((self.path / "payload").read_bytes()).hexdigest()

    def add_later_things(self) -> None:
        for name in ("later", "later_view", "word/4"):
            (self.path / name).touch()

    def names(self) -> list[str]:
        return [path.name for path in self.path.iterdir()]

    def open_accounts(self) -> None:
        (self.path / "accounts").write_text(json.dumps([BALANCE] * ACCOUNTS))

    def total(self, into: str = "") -> int:
        return sum(json.loads((Path(into or self.path) / "accounts").read_text()))

    @contextmanager
    def writer(self) -> Iterator[Callable[[], None]]:
        accounts, new = self.path / "accounts", self.path.with_name("accounts.new")

        def transfer() -> None:
            balances = json.loads(accounts.read_text())
            a, b = random.sample(range(ACCOUNTS), 2)
            balances[a], balances[b] = balances[a] - 1, balances[b] + 1
            new.write_text(json.dumps(balances))
            new.replace(accounts)

        yield transfer


def _described(path: Path, folder: Path) -> tuple[Any, ...]:
    status = path.lstat()
    content: str | bytes = str(path.readlink()) if path.is_symlink() else b""
    if path.is_file() and not path.is_symlink():
        content = sha256(path.read_bytes()).hexdigest()
    modified = 0 if path.is_symlink() else int(status.st_mtime)
    links = 1 if path.is_dir() else status.st_nlink
    return (str(path.relative_to(folder)), oct(status.st_mode), status.st_uid, modified, links, content)
