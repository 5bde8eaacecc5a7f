"""Filters of the bytes between two programs: counting, hashing, compression, and the gate before a commit."""

from __future__ import annotations

import hashlib
import os
import sys
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol

from django_rclone.exceptions import ConfigurationError, VerificationFailed

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

LEVELS = {"zstd": range(1, 20), "gzip": range(1, 10), "none": range(1)}
"""Compression methods and their levels. Above level 19, zstd needs special flags to decompress."""
DEFAULT_LEVEL = {"zstd": 3, "gzip": 6, "none": 0}
ENDING = {"zstd": ".zst", "gzip": ".gz", "none": ""}


class Filter(Protocol):
    """A step in the stream: ``feed`` takes bytes and returns pieces of limited size, ``finish`` returns the rest.

    Both may raise to stop the stream.
    """

    def feed(self, data: bytes) -> Iterable[bytes]: ...

    def finish(self) -> Iterable[bytes]: ...


@dataclass(frozen=True, slots=True)
class Gate:
    """The last step before the program that commits.

    It holds back the last ``hold`` bytes until all other programs have succeeded and the object's hash is verified.
    ``head`` may change the first bytes (at least ``hold`` of them, or all if there are fewer), and ``tail`` the last
    bytes, which were held back. Both may raise to stop the restore.
    """

    hold: int = 64 * 1024
    head: Callable[[bytes], bytes] | None = None
    tail: Callable[[bytes], bytes] | None = None


class Meter:
    """Counts the bytes that pass."""

    def __init__(self) -> None:
        self.bytes = 0

    def feed(self, data: bytes) -> Iterable[bytes]:
        self.bytes += len(data)
        return (data,)

    def finish(self) -> Iterable[bytes]:
        return ()


class Digest(Meter):
    """Counts and hashes (SHA-256) the bytes that pass, and compares both with ``expected`` at the end of the stream.

    ``expected`` is (size, hexadecimal hash). Raises VerificationFailed if either differs.
    """

    def __init__(self, expected: tuple[int, str] | None = None, what: str = "The object") -> None:
        super().__init__()
        self._hash = hashlib.sha256()
        self._expected = expected
        self._what = what

    @property
    def sha256(self) -> str:
        """Hexadecimal hash of the bytes so far."""
        return self._hash.hexdigest()

    def feed(self, data: bytes) -> Iterable[bytes]:
        self._hash.update(data)
        return super().feed(data)

    def finish(self) -> Iterable[bytes]:
        if self._expected is not None:
            size, sha256 = self._expected
            if self.bytes != size:
                raise VerificationFailed(
                    f"{self._what} is damaged: it has {self.bytes:,} bytes instead of the {size:,} in its manifest."
                )
            if self.sha256 != sha256:
                raise VerificationFailed(f"{self._what} is damaged: its SHA-256 differs from the one in its manifest.")
        return ()


class Compressor:
    """Compresses the stream; zstd uses worker threads if there are several CPUs."""

    def __init__(self, method: str, level: int) -> None:
        self._stream: zstd.ZstdCompressor | zlib._Compress
        if method == "zstd":
            # Without workers, compression and reading take turns; docs/speed.md has the cost.
            workers = min(2, os.cpu_count() or 1)
            self._stream = zstd.ZstdCompressor(
                options={
                    zstd.CompressionParameter.compression_level: level,
                    zstd.CompressionParameter.checksum_flag: 1,
                    zstd.CompressionParameter.nb_workers: workers if workers > 1 else 0,
                }
            )
        else:
            self._stream = zlib.compressobj(level, wbits=31)

    def feed(self, data: bytes) -> Iterable[bytes]:
        return (self._stream.compress(data),)

    def finish(self) -> Iterable[bytes]:
        return (self._stream.flush(),)


class Decompressor:
    """Decompresses the stream, which may consist of several frames (zstd) or members (gzip)."""

    # Limit of a decompressed piece, in bytes: a kilobyte of zstd can expand to a gigabyte of zeros.
    _PIECE = 1 << 20

    def __init__(self, method: str, what: str = "The object") -> None:
        self._method = method
        self._what = what
        self._stream: zstd.ZstdDecompressor | zlib._Decompress = self._new()
        self._started = False

    def _new(self) -> zstd.ZstdDecompressor | zlib._Decompress:
        return zstd.ZstdDecompressor() if self._method == "zstd" else zlib.decompressobj(wbits=31)

    def feed(self, data: bytes) -> Iterator[bytes]:
        while data:
            if self._stream.eof:
                self._stream = self._new()
            self._started = True
            try:
                yield self._stream.decompress(data, self._PIECE)
                while self._pending():
                    yield self._stream.decompress(self._rest(), self._PIECE)
            except (zstd.ZstdError, zlib.error) as error:
                raise VerificationFailed(f"{self._what} is damaged: it is not complete {self._method} data.") from error
            data = self._stream.unused_data

    def _pending(self) -> bool:
        if isinstance(self._stream, zstd.ZstdDecompressor):
            return not self._stream.eof and not self._stream.needs_input
        return not self._stream.eof and bool(self._stream.unconsumed_tail)

    def _rest(self) -> bytes:
        return b"" if isinstance(self._stream, zstd.ZstdDecompressor) else self._stream.unconsumed_tail

    def finish(self) -> Iterable[bytes]:
        if not self._started or not self._stream.eof:
            raise VerificationFailed(f"{self._what} is damaged: its {self._method} data is incomplete.")
        return ()


def compressor(method: str, level: int) -> list[Filter]:
    """Returns the filters that compress with ``method``; an empty list for ``none``."""
    return [] if method == "none" else [Compressor(method, level)]


def decompressor(compression: str, what: str = "The object") -> list[Filter]:
    """Returns the filters that decompress ``compression``, which has the form of a manifest (``zstd:3``).

    Returns an empty list for ``none`` or an empty string. Raises ConfigurationError for an unknown method.
    """
    method = compression.partition(":")[0]
    if method in ("", "none"):
        return []
    if method not in LEVELS:
        raise ConfigurationError(
            f"{what} is compressed with {method}, which this version does not support: upgrade django-rclone."
        )
    return [Decompressor(method, what)]
