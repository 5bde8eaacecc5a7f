"""Errors of MongoDB's programs: the case that needs more than a table."""

from __future__ import annotations

from django_rclone.db.mongodb.errors import explainer
from django_rclone.exceptions import ProgramFailed
from tests.unit.db.mongodb.error_cases import NOW


def test_an_error_says_once_that_nothing_was_changed_where_it_is_true():
    for stderr in ("VerificationFailed: x", "ConfigurationError: x.", f"{NOW}Failed: x"):
        failure = ProgramFailed("mongorestore", 1, stderr)
        message = str(explainer("default", "shop on h", nothing_changed=True)(failure))
        assert message.count("Nothing was changed.") == 1
        assert message.endswith("Nothing was changed.")
    assert "changed" not in str(explainer("default", "shop on h")(ProgramFailed("mongodump", 1, f"{NOW}Failed: x")))
