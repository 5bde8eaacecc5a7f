"""Reads the archives of mongodump as a stream: the header, the list of collections, and the documents.

The format is https://github.com/mongodb/mongo-tools/blob/master/common/archive/spec.md: a number, then sections of
documents that end with a terminator each. The first section has the header, and a document for each collection. The
others are blocks: a document that names the collection, then documents of the collection. A block with ``EOF`` ends a
collection; every collection must have one.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Any, BinaryIO

from django_rclone.db.mongodb.programs.server import Document
from django_rclone.exceptions import VerificationFailed

_MAGIC = struct.pack("<I", 0x8199E26D)
_TERMINATOR = b"\xff\xff\xff\xff"
_LARGEST = 16 * 1024 * 1024 + 16 * 1024  # the limit of a document, and the server's allowance for its own fields
_SMALLEST = 5  # bytes of an empty document
_LIST, _COLLECTION = "its list of collections", "a collection"


def header_and_collections(archive: BinaryIO) -> tuple[Document, list[Document]]:
    """Reads the first section. Raises VerificationFailed if this is not mongodump's format, as all functions here."""
    if _four_bytes(archive, _LIST) != _MAGIC:
        raise VerificationFailed("it does not begin as an archive of mongodump does")
    documents = [_decode(document, _LIST) for document in _documents(archive, _LIST)]
    if not documents or "server_version" not in documents[0]:
        raise VerificationFailed("its header is not that of an archive of mongodump")
    header, *collections = documents
    return header, collections


def blocks(archive: BinaryIO) -> Iterator[tuple[Document, Iterator[bytes]]]:
    """Yields the first document of each block, and its other documents as they are stored. Reads these to their end,
    even if the caller does not."""
    while begin := archive.read(4):
        block = _decode(_document(archive, begin, _COLLECTION), _COLLECTION)
        documents = _documents(archive, _COLLECTION)
        yield block, documents
        for _unread in documents:
            pass


def kind_of(collection: Document, metadata: Any) -> str:
    """Returns the type of a listed collection: ``view``, ``timeseries``, or another string for an ordinary one."""
    options = metadata.get("options") or {}
    kind = "view" if "viewOn" in options else "timeseries" if "timeseries" in options else ""
    return str(collection.get("type") or metadata.get("type") or kind)


def _documents(archive: BinaryIO, part: str) -> Iterator[bytes]:
    """Yields the documents up to the next terminator. ``part`` is what is read, for messages."""
    while (begin := _four_bytes(archive, part)) != _TERMINATOR:
        yield _document(archive, begin, part)


def _document(archive: BinaryIO, begin: bytes, part: str) -> bytes:
    """Returns the document whose first four bytes are ``begin``."""
    if len(begin) < 4:
        raise VerificationFailed(f"it ends within {part}")
    (size,) = struct.unpack("<I", begin)
    if not _SMALLEST <= size <= _LARGEST:
        raise VerificationFailed(f"{part} cannot be read")
    body = archive.read(size - 4)
    if len(body) < size - 4:
        raise VerificationFailed(f"it ends within {part}")
    if body[-1] != 0:
        raise VerificationFailed(f"{part} cannot be read")
    return begin + body


def _four_bytes(archive: BinaryIO, part: str) -> bytes:
    data = archive.read(4)
    if len(data) < 4:
        raise VerificationFailed(f"it ends within {part}")
    return data


def _decode(document: bytes, part: str) -> Document:
    import bson  # noqa: PLC0415 - see server.py

    try:
        return bson.decode(document)
    except bson.errors.BSONError as error:
        raise VerificationFailed(f"{part} cannot be read") from error
