"""The page for people."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import shutil
from html.parser import HTMLParser

import pytest

from tests.cli.program import Program
from tests.cli.website import serving

VOID = ("meta", "link", "br")
HISTORY = "state/history"


class Reader(HTMLParser):
    """Reads a page as strictly as a browser does not: every tag that is opened is closed, in order."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: dict[str, list[str]] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and data.strip():
            self.texts.setdefault(self.open[-1], []).append(" ".join(data.split()))


def read(text: str) -> Reader:
    reader = Reader()
    reader.feed(text)
    reader.close()
    assert reader.open == []
    return reader


@pytest.fixture
def observed(program: Program) -> Program:
    """The program, after a backup and a look at the remote."""
    program.fill_media()
    program.add("second")
    program.ok("backup", BACKUP_TIME_ZONE="Europe/Berlin")
    program.ok("refresh", BACKUP_TIME_ZONE="Europe/Berlin")
    return program


def test_it_shows_what_is_backed_up_and_when(observed: Program):
    with serving(observed) as website:
        page = read(website.get("/").text)
    assert page.texts["p"][0] == "All backups are up to date."
    assert {"default", "second", "media files"} <= set(page.texts["th"])
    assert {"sqlite3 " + str(observed.path("app")), "good", "done", "reachable"} <= set(page.texts["span"])
    assert {str(observed.remote), "@daily (Europe/Berlin)"} <= set(page.texts["dd"])


@pytest.mark.exhaustive
def test_times_have_their_zone(observed: Program):
    with serving(observed) as website:
        page = read(website.get("/").text)
    assert len(page.texts["time"]) > 5
    for text in page.texts["time"]:
        assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\+0[12]:00", text), text


@pytest.mark.exhaustive
def test_the_zone_of_the_environment_wins(observed: Program):
    with serving(observed, BACKUP_TIME_ZONE="Asia/Tokyo") as website:
        page = read(website.get("/").text)
    assert all(text.endswith("+09:00") for text in page.texts["time"])


@pytest.mark.exhaustive
def test_a_failed_run_is_told_with_its_reason_and_the_old_backup_stays_in_sight(observed: Program):
    observed.path("second").rename(observed.folder / "away")
    assert observed.run("backup").code == 3
    with serving(observed) as website:
        text = website.get("/").text
        page = read(text)
        said = website.get("/status").json["problems"]
    assert [" ".join(problem.split()) for problem in said] == page.texts["li"]
    assert said[0].startswith('Database "second": the last run failed: ')
    assert "failed" in page.texts["span"]
    assert "last run failed" in page.texts["span"]
    assert page.texts["title"] == ["✗ Backups"]


@pytest.mark.exhaustive
def test_an_error_disappears_from_the_problems_with_the_next_good_backup(observed: Program):
    away = observed.folder / "away"
    observed.path("second").rename(away)
    assert observed.run("backup").code == 3
    shutil.move(away, observed.path("second"))
    observed.ok("backup")
    with serving(observed) as website:
        page = read(website.get("/").text)
    assert page.texts["p"][0] == "All backups are up to date."
    assert "failed" in page.texts["span"]


def test_hostile_names_are_only_text(observed: Program):
    hostile = """<script>alert(1)</script>'"&amp;{{ 7 }}</style></main>"""
    quoted, document = (text.replace("'", "''") for text in (hostile, json.dumps(hostile)))
    for table, column in (("target", "place"), ("part", "error"), ("run", "verb"), ("part", "database")):
        observed.execute(f"UPDATE {table} SET {column} = '{quoted}'", HISTORY)
    observed.execute(f"UPDATE target SET alias = '{quoted}' WHERE alias = 'default'", HISTORY)
    observed.execute(f"UPDATE fact SET value = '{document}' WHERE name = 'remote'", HISTORY)
    with serving(observed) as website:
        text = website.get("/").text
        metrics = website.get("/metrics")
    page = read(text)
    assert "<script" not in text
    assert hostile in page.texts["th"]
    assert hostile in page.texts["dd"]
    assert hostile in page.texts["td"]
    assert metrics.status == 200


@pytest.mark.exhaustive
def test_browsers_may_use_its_style_and_nothing_else(observed: Program):
    with serving(observed) as website:
        answer = website.get("/")
    (style,) = re.findall(r"<style>(.*?)</style>", answer.text, re.DOTALL)
    allowed = f"'sha256-{base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()}'"
    assert f"style-src {allowed};" in answer.headers["Content-Security-Policy"]
    page = read(answer.text)
    assert "script" not in [tag for tag, _ in page.tags]
    assert [attributes for _, attributes in page.tags if "style" in attributes] == []
    assert "prefers-color-scheme: dark" in style


@pytest.mark.exhaustive
def test_it_can_be_read_by_all(observed: Program):
    with serving(observed) as website:
        page = read(website.get("/").text)
    tags = [tag for tag, _ in page.tags]
    assert ("html", {"lang": "en"}) in page.tags
    assert tags.count("h1") == tags.count("main") == tags.count("title") == 1
    assert [attributes for tag, attributes in page.tags if tag == "th" and "scope" not in attributes] == []
    ids = {attributes["id"] for _, attributes in page.tags if "id" in attributes}
    assert {attributes["aria-labelledby"] for _, attributes in page.tags if "aria-labelledby" in attributes} <= ids
    assert ("meta", {"http-equiv": "refresh", "content": "30"}) in page.tags


def test_without_a_history_it_says_so(program: Program):
    with serving(program) as website:
        answer = website.get("/")
    page = read(answer.text)
    assert answer.status == 503
    assert page.texts["li"] == ["No data yet: the first refresh has not ended."]
