"""Settings that something unknown may have changed, or modules that fail: each is rejected with its reason."""

from __future__ import annotations

import re

import pytest

from tests.settings_loader.conftest import Write

REFUSED = {
    "databases handed to a package": (
        """
        == settings.py
        import company
        DATABASES = {"default": {POSTGRESQL, "NAME": "app"}}
        RESULT = company.adjust(DATABASES["default"])
        """,
        r"DATABASES may be incomplete: settings.py:3 calls company.adjust\(\)",
    ),
    "a function handed to a package": (
        """
        == settings.py
        import company
        DATABASES = {"default": {POSTGRESQL, "NAME": "app"}}
        def adjust():
            DATABASES["default"]["NAME"] = "prod"
        company.on_start(adjust)
        """,
        "company",
    ),
    "a settings writer": (
        """
        == settings.py
        import django_heroku
        DATABASES = {"default": {POSTGRESQL, "NAME": "app"}}
        django_heroku.settings(locals())
        """,
        r"settings.py:3 calls django_heroku.settings\(\)",
    ),
    "a settings writer that looks at its caller": (
        """
        == settings.py
        import django_yamlconf
        DATABASES = {"default": {POSTGRESQL, "NAME": "app"}}
        django_yamlconf.settings.load()
        """,
        "django_yamlconf",
    ),
    "something that fills the environment": (
        """
        == settings.py
        import os
        import envparse
        envparse.env.read_envfile()
        DATABASES = {"default": {POSTGRESQL, "NAME": os.environ.get("DB_NAME", "app")}}
        """,
        "envparse",
    ),
    "an environment that cannot be filled": (
        """
        == settings.py
        import os
        import vault
        os.environ.setdefault("DB_NAME", vault.name)
        DATABASES = {"default": {POSTGRESQL, "NAME": os.environ.get("DB_NAME", "app")}}
        """,
        "DATABASES",
    ),
    "names put into the module": (
        """
        == settings.py
        import company
        DATABASES = {"default": {POSTGRESQL, "NAME": "app"}}
        globals().update(company.settings)
        """,
        "company",
    ),
    "a name put into the module": (
        """
        == settings.py
        import company
        DATABASES = {"default": {POSTGRESQL, "NAME": "app"}}
        globals()[company.name] = {}
        """,
        "company",
    ),
    "an attribute put onto the module": (
        """
        == settings.py
        import sys
        import company
        DATABASES = {"default": {POSTGRESQL, "NAME": "app"}}
        setattr(sys.modules[__name__], str(company.name), {})
        """,
        "company",
    ),
    "code that is executed": (
        """
        == settings.py
        DATABASES = {"default": {POSTGRESQL, "NAME": "app"}}
        exec(open("/nonexistent/more.py").read())
        """,
        "settings.py:2 needs the file /nonexistent/more.py",
    ),
    "executed code that imports": (
        """
        == settings.py
        from pathlib import Path
        DATABASES = {"default": {POSTGRESQL, "NAME": "app"}}
        exec(compile((Path(__file__).parent / "more.py").read_text(), str(Path(__file__).parent / "more.py"), "exec"))
        == more.py
        import flags
        if flags.prod:
            DATABASES["default"]["NAME"] = "prod"
        """,
        "flags",
    ),
    "all of a package's settings": (
        """
        == settings.py
        DATABASES = {"default": {POSTGRESQL, "NAME": "app"}}
        from acme.base import *
        """,
        r'settings.py:2 imports all of "acme.base"',
    ),
    "all of a module that is not there": (
        """
        == settings.py
        DATABASES = {"default": {POSTGRESQL, "NAME": "app"}}
        from secret_settings import *
        """,
        "secret_settings",
    ),
    "a module of the project that does not parse": (
        """
        == conf/__init__.py
        == conf/settings.py
        from .base import *
        == conf/base.py
        DATABASES = {"default": {POSTGRESQL, "NAME": "app"}}
        def broken(:
        """,
        r"conf/base.py:2 does not parse with Python 3.\d+: ",
    ),
    "no databases": ("== settings.py\nDEBUG = True\n", "settings sets no DATABASES"),
    "no engine": (
        '== settings.py\nDATABASES = {"default": {"NAME": "app"}}\n',
        r"\['default'\] of settings has no ENGINE",
    ),
    "a program's output": (
        """
        == settings.py
        import subprocess
        DATABASES = {"default": {POSTGRESQL, "NAME": subprocess.check_output(["hostname"]).decode()}}
        """,
        "wants to start hostname",
    ),
}


@pytest.mark.every(3)
@pytest.mark.parametrize(("files", "reason"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_known_is_refused_with_its_reason(write: Write, files: str, reason: str) -> None:
    refusal = write(files).refusal_of_settings()
    assert re.search(reason, refusal), refusal
