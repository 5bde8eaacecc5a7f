"""Output that cannot be written, without a whole program."""

from __future__ import annotations

import io
import sys

import pytest

from django_rclone import output_errors


def test_a_stream_that_was_closed_already_needs_no_settling(monkeypatch: pytest.MonkeyPatch) -> None:
    closed = io.StringIO()
    closed.close()
    monkeypatch.setattr(sys, "__stdout__", closed)
    output_errors.flush_standard_streams()
