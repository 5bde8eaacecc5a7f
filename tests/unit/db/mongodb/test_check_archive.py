"""An archive is complete only with the end of each of its collections."""

from __future__ import annotations

import io

import bson
import pytest

from django_rclone.db.mongodb.programs.check_archive import check
from django_rclone.exceptions import VerificationFailed
from tests.unit.db.mongodb.test_read_archive import END, HEADER, MAGIC, entry


def block(name: str, *documents: dict[str, object], end: bool = False) -> bytes:
    header = {"db": "shop", "collection": name, "EOF": end, "CRC": 0}
    return b"".join(bson.encode(document) for document in (header, *documents)) + END


HEAD = MAGIC + b"".join(
    bson.encode(document)
    for document in (
        *(HEADER, entry("word"), entry("empty"), entry("seen", kind="view", viewOn="word")),
        *(entry("series", kind="timeseries"), entry("system.views")),
    )
)
BLOCKS = (
    block("word", {"text": "one"}, {"text": "two"}),
    block("empty", end=True),
    block("word", {"text": "three"}),
    block("word", end=True),
)
ARCHIVE = HEAD + END + b"".join(BLOCKS)


def test_a_complete_archive_passes():
    check(io.BytesIO(ARCHIVE))


def test_every_cut_is_found():
    for length in range(len(ARCHIVE)):
        with pytest.raises(VerificationFailed):
            check(io.BytesIO(ARCHIVE[:length]))


def test_the_collection_without_its_end_is_named():
    with pytest.raises(VerificationFailed, match=r"the documents of shop\.word are not complete"):
        check(io.BytesIO(ARCHIVE.removesuffix(BLOCKS[-1])))


@pytest.mark.parametrize("garbage", [b"\x04\x00\x00\x00", b"\xff\xff\xff\x7f", b"\x07\x00\x00\x00abc"])
def test_a_block_that_does_not_begin_with_a_document_is_found(garbage: bytes):
    with pytest.raises(VerificationFailed):
        check(io.BytesIO(ARCHIVE + garbage))
