"""rclone's log of a sync."""

from __future__ import annotations

import json

import pytest

from django_rclone.media.sync_log import SyncLog


def test_what_is_left_out_is_counted_and_named_in_one_line_each() -> None:
    log = SyncLog()
    for number in range(7):
        entry = {"level": "notice", "msg": "Can't follow symlink without -L/--copy-links", "object": f"l\n{number}"}
        log.read_line(json.dumps(entry))
    log.read_line(json.dumps({"level": "notice", "msg": "Can't transfer non file/directory", "object": "pipe"}))
    assert not log.complete
    log.read_line(json.dumps({"stats": {"transfers": 1, "deletes": 0, "bytes": 5, "checks": 2}}))
    assert log.complete
    assert str(log.changes) == "1 file copied (5 bytes), 0 deleted, 8 left out"
    links, pipe = log.warnings()
    assert links.startswith("7 symbolic links left out: l\\n0, ")
    assert links.endswith(" and 2 more.")
    assert pipe == "1 special file left out: pipe."


@pytest.mark.parametrize("line", ["", "{", "[]", "null", "7", '{"stats": 3}', '{"stats": {}}', '{"msg": null}'])
def test_other_lines_are_ignored(line: str) -> None:
    log = SyncLog()
    log.read_line(line)
    assert not log.complete
    assert log.warnings() == []
