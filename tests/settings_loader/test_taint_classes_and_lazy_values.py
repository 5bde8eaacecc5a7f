"""Databases chosen by something unknown in a class, a lazy value or a comprehension.

Most projects are adversarial: the value is wrong unless the loader sees this one dependency.
"""

from __future__ import annotations

import pytest

from tests.settings_loader.conftest import Write

PROJECTS = {
    "an unknown metaclass": """
        == settings.py
        import lib
        class C(metaclass=lib.Meta):
            NAME = "dev"
        DATABASES = {"default": {POSTGRESQL, "NAME": C.NAME}}
        """,
    "a decorator of a class": """
        == settings.py
        import lib
        @lib.config
        class C:
            NAME = "dev"
        c = C()
        DATABASES = {"default": {POSTGRESQL, "NAME": c.NAME}}
        """,
    "a project's class with an unknown base": """
        == settings.py
        from parts import Base
        class C(Base):
            NAME = "dev"
        DATABASES = {"default": {POSTGRESQL, "NAME": C.NAME}}
        == parts.py
        import lib
        class Base(lib.X):
            pass
        """,
    "a chain of identities": """
        == settings.py
        import flags
        NAME = "a" if flags.x is None is None else "b"
        DATABASES = {"default": {POSTGRESQL, "NAME": NAME}}
        """,
    "a dictionary whose class overrides its lookups": """
        == settings.py
        import flags
        class D(dict):
            def __getitem__(self, k):
                v = super().__getitem__(k)
                return "prod" if k == "NAME" and flags.x else v
        DATABASES = {"default": D({POSTGRESQL, "NAME": "dev"})}
        """,
    "a lazy text": """
        == settings.py
        from django.utils.functional import lazy
        import flags
        name = lazy(lambda: "prod" if flags.x else "dev", str)
        DATABASES = {"default": {POSTGRESQL, "NAME": name()}}
        """,
    "a path whose class overrides its conversion": """
        == settings.py
        import flags
        class P:
            def __fspath__(self):
                return "/prod" if flags.x else "/dev"
        DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": P()}}
        """,
    "which databases there are": """
        == settings.py
        import flags
        DATABASES = {a: {POSTGRESQL, "NAME": a} for a in ("default", "x") if a == "default" or flags.has(a)}
        """,
    "what is left over": """
        == settings.py
        import flags
        first, *rest = ["a", *flags.more]
        DATABASES = {"default": {POSTGRESQL, "NAME": first, "PORT": len(rest)}}
        """,
}


@pytest.mark.every(3)
@pytest.mark.parametrize("files", PROJECTS.values(), ids=PROJECTS)
def test_a_value_that_something_unknown_may_have_chosen_is_refused(write: Write, files: str) -> None:
    assert "DATABASES" in write(files).refusal()
