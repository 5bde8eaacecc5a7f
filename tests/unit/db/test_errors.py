"""Errors of a database's programs for users: one line with the database, the cause and what to do."""

from __future__ import annotations

import re
from collections.abc import Iterator
from types import ModuleType

import pytest

from django_rclone.command import Explanation
from django_rclone.db.mongodb import errors as mongodb_errors
from django_rclone.db.mysql import errors as mysql_errors
from django_rclone.db.postgresql import errors as postgresql_errors
from django_rclone.db.sqlite import errors as sqlite_errors
from django_rclone.exceptions import DjangoRcloneError, ProgramFailed
from tests.unit.db.mongodb import error_cases as mongodb
from tests.unit.db.mysql import error_cases as mysql
from tests.unit.db.postgresql import error_cases as postgresql
from tests.unit.db.sqlite import error_cases as sqlite

ENGINES: dict[ModuleType, Explanation] = {
    mongodb: mongodb_errors.explainer("default", "shop on h"),
    mysql: mysql_errors.explainer("default", "app on db:3306", "Nothing was changed."),
    postgresql: postgresql_errors.explainer("default", "shop on db:5432"),
    sqlite: sqlite_errors.explainer("default", "/srv/app.db", "Inspection"),
}


def cases() -> Iterator[object]:
    for module, explain in ENGINES.items():
        engine = module.__name__.split(".")[-2]
        for number, case in enumerate(module.CASES):
            yield pytest.param(explain, *case, id=f"{engine}-{number}")


@pytest.mark.parametrize(("explain", "program", "code", "stderr", "kind", "part"), list(cases()))
def test_every_failure_has_its_kind_and_its_remedy(
    explain: Explanation, program: str, code: int, stderr: str, kind: type[DjangoRcloneError], part: str
) -> None:
    error = explain(ProgramFailed(program, code, stderr))
    assert type(error) is kind
    assert str(error).startswith('Database "default": ')
    assert part in str(error)
    assert "\n" not in str(error)
    assert "mongodb://" not in str(error)
    assert not re.search(r"\d{4}-\d\d-\d\dT\d\d:", str(error))
