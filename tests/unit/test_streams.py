"""Bytes between two programs: what goes in comes out, and nothing that was changed on its way passes for whole."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Iterable, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from django_rclone import streams
from django_rclone.exceptions import ConfigurationError, VerificationFailed
from django_rclone.streams import Compressor, Decompressor, Digest, Filter, Meter

METHODS = st.sampled_from([("zstd", 1), ("zstd", 3), ("gzip", 1), ("gzip", 9)])
PLACES = st.lists(st.integers(0), max_size=6)
DATA = st.one_of(
    st.binary(max_size=3000),
    st.builds(lambda piece, times: piece * times, st.binary(max_size=20), st.integers(0, 20_000)),
)


def through(filters: Sequence[Filter], pieces: Iterable[bytes]) -> list[bytes]:
    """Sends pieces through filters, as the pump does."""
    out = list(pieces)
    for step in filters:
        out = [piece for data in out for piece in step.feed(data)] + list(step.finish())
    return out


def cut(data: bytes, places: Iterable[int]) -> list[bytes]:
    edges = [0, *sorted(place % (len(data) + 1) for place in places), len(data)]
    return [data[begin:end] for begin, end in itertools.pairwise(edges)]


def packed(data: bytes, method: str = "zstd", level: int = 3) -> bytes:
    return b"".join(through(streams.compressor(method, level), [data]))


def digest_of(data: bytes) -> tuple[int, str]:
    return len(data), hashlib.sha256(data).hexdigest()


@given(
    data=DATA, method=METHODS, before=st.lists(st.integers(0), max_size=6), after=st.lists(st.integers(0), max_size=6)
)
def test_what_is_compressed_comes_back_however_it_is_cut_into_pieces(
    data: bytes, method: tuple[str, int], before: list[int], after: list[int]
) -> None:
    small = b"".join(through(streams.compressor(*method), cut(data, before)))
    assert b"".join(through(streams.decompressor(f"{method[0]}:{method[1]}"), cut(small, after))) == data


@given(
    members=st.lists(st.binary(max_size=200), min_size=1, max_size=4), method=METHODS, places=st.lists(st.integers(0))
)
def test_several_frames_in_a_row_are_one_stream(
    members: list[bytes], method: tuple[str, int], places: list[int]
) -> None:
    joined = b"".join(packed(member, *method) for member in members)
    assert b"".join(through([Decompressor(method[0])], cut(joined, places))) == b"".join(members)


@given(data=DATA, method=METHODS, place=st.integers(0), places=PLACES)
def test_a_stream_that_is_cut_anywhere_is_refused(
    data: bytes, method: tuple[str, int], place: int, places: list[int]
) -> None:
    whole = packed(data, *method)
    short = whole[: place % len(whole)]
    with pytest.raises(VerificationFailed, match="damaged"):
        through([Digest(digest_of(whole)), Decompressor(method[0])], cut(short, places))
    with pytest.raises(VerificationFailed, match="damaged"):
        through([Decompressor(method[0])], cut(short, places))


@given(data=DATA, method=METHODS, place=st.integers(0), flip=st.integers(1, 255))
def test_a_stream_with_one_changed_byte_is_refused(data: bytes, method: tuple[str, int], place: int, flip: int) -> None:
    whole = packed(data, *method)
    wrong = bytearray(whole)
    wrong[place % len(whole)] ^= flip
    with pytest.raises(VerificationFailed, match="damaged"):
        through([Digest(digest_of(whole))], [bytes(wrong)])


@pytest.mark.parametrize("method", ["zstd", "gzip"])
def test_bytes_that_were_never_compressed_are_refused(method: str) -> None:
    with pytest.raises(VerificationFailed, match=rf"^db/x is damaged: it is not complete {method} data\.$"):
        through([Decompressor(method, "db/x")], [b"PGDMP, not compressed"])


@pytest.mark.parametrize("method", ["zstd", "gzip"])
def test_rubbish_behind_a_whole_stream_is_refused(method: str) -> None:
    with pytest.raises(VerificationFailed):
        through([Decompressor(method)], [packed(b"whole", method) + b"rubbish"])


@pytest.mark.parametrize("method", ["zstd", "gzip"])
def test_no_piece_is_large_however_much_a_few_bytes_unpack_to(method: str) -> None:
    bomb = b"".join(through(streams.compressor(method, 1), [bytes(1 << 20)] * 30))
    total = 0
    for piece in Decompressor(method).feed(bomb):
        assert len(piece) <= 1 << 20
        total += len(piece)
    assert total == 30 << 20


def test_zstd_streams_carry_their_own_checksum() -> None:
    whole = bytearray(packed(b"some rather incompressible words", "zstd"))
    whole[-1] ^= 1
    with pytest.raises(VerificationFailed):
        through([Decompressor("zstd")], [bytes(whole)])


@given(pieces=st.lists(st.binary(max_size=50)))
def test_meter_and_digest_count_what_passes_and_change_nothing(pieces: list[bytes]) -> None:
    meter, digest = Meter(), Digest()
    assert b"".join(through([meter, digest], pieces)) == b"".join(pieces)
    assert meter.bytes == digest.bytes == len(b"".join(pieces))
    assert digest.sha256 == hashlib.sha256(b"".join(pieces)).hexdigest()


def test_a_digest_names_what_is_wrong() -> None:
    with pytest.raises(
        VerificationFailed, match=r"^db/x is damaged: it has 3 bytes instead of the 1,234 in its manifest\.$"
    ):
        through([Digest((1234, "0" * 64), "db/x")], [b"abc"])
    with pytest.raises(
        VerificationFailed, match=r"^db/x is damaged: its SHA-256 differs from the one in its manifest\.$"
    ):
        through([Digest((3, "0" * 64), "db/x")], [b"abc"])
    assert through([Digest(digest_of(b"abc"))], [b"abc"]) == [b"abc"]


def test_nothing_is_done_where_nothing_is_compressed() -> None:
    assert streams.compressor("none", 0) == []
    assert streams.decompressor("") == streams.decompressor("none") == []


def test_a_method_of_a_later_version_is_refused() -> None:
    with pytest.raises(
        ConfigurationError, match=r"^db/x is compressed with brotli, which this version does not support"
    ):
        streams.decompressor("brotli:5", "db/x")


@pytest.mark.parametrize("method", streams.LEVELS)
def test_every_level_that_is_offered_works(method: str) -> None:
    assert streams.DEFAULT_LEVEL[method] in streams.LEVELS[method]
    for level in (streams.LEVELS[method][0], streams.LEVELS[method][-1]):
        assert b"".join(through(streams.decompressor(method), [packed(b"words", method, level)])) == b"words"


def test_compression_really_compresses() -> None:
    for method, level in (("zstd", 3), ("gzip", 6)):
        assert isinstance(streams.compressor(method, level)[0], Compressor)
        assert len(packed(b"so it goes " * 1000, method, level)) < 300
