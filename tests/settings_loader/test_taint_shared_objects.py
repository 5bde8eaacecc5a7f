"""Databases chosen by something unknown through shared state: an object, a function's attribute, ``sys.path``.

Most projects are adversarial: the value is wrong unless the loader sees this one dependency.
"""

from __future__ import annotations

import pytest

from tests.settings_loader.conftest import Write

PROJECTS = {
    "a file that is loaded": """
        == settings.py
        import importlib.util
        from pathlib import Path
        spec = importlib.util.spec_from_file_location("bb", str(Path(__file__).parent / "b.py"))
        m = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(m)
        DATABASES = m.DATABASES
        == b.py
        import flags
        N = "a" if flags.x else "b"
        DATABASES = {"default": {POSTGRESQL, "NAME": N}}
        """,
    "a list that holds the dictionary": """
        == settings.py
        import flags
        from parts import setup
        DATABASES = {"default": {POSTGRESQL, "NAME": "dev"}}
        setup.add(DATABASES["default"])
        setup.go()
        == parts/setup.py
        import flags
        HELD = []
        def add(x): HELD.append(x)
        def go():
            if flags.x:
                HELD[0]["NAME"] = "prod"
        """,
    "an attribute of a function": """
        == settings.py
        import flags
        def f(): pass
        f.name = "dev"
        if flags.x: f.name = "prod"
        DATABASES = {"default": {POSTGRESQL, "NAME": f.name}}
        """,
    "a default argument": """
        == settings.py
        import flags
        def f(x=["dev"]): return x
        if flags.x: f()[0] = "prod"
        DATABASES = {"default": {POSTGRESQL, "NAME": f()[0]}}
        """,
    "an attribute of a helper": """
        == settings.py
        import flags, environ
        env = environ.Env()
        if flags.x: env.prefix = "PROD_"
        DATABASES = {"default": {POSTGRESQL, "NAME": env("NAME", default="dev")}}
        """,
    "a function of the standard library": """
        == settings.py
        import flags, os.path
        if flags.x: os.path.basename = lambda p: "prod"
        DATABASES = {"default": {POSTGRESQL, "NAME": os.path.basename("/x/dev")}}
        """,
    "where modules are found": """
        == settings.py
        import sys, flags
        from pathlib import Path
        if flags.x:
            sys.path.insert(0, str(Path(__file__).parent / "prod"))
        else:
            sys.path.insert(0, str(Path(__file__).parent / "dev"))
        from dbconf import NAME
        DATABASES = {"default": {POSTGRESQL, "NAME": NAME}}
        == prod/dbconf.py
        NAME = "prod"
        == dev/dbconf.py
        NAME = "dev"
        """,
    "the state of a helper": """
        == settings.py
        import decouple, flags
        if flags.x:
            decouple.config.SUPPORTED.clear()
            decouple.config.config = None
        DATABASES = {"default": {POSTGRESQL, "NAME": decouple.config("NAME", default="dev")}}
        """,
    "which file fills the environment": """
        == settings.py
        import dotenv, flags, os
        dotenv.load_dotenv(flags.path)
        DATABASES = {"default": {POSTGRESQL, "NAME": os.environ.get("NAME", "dev")}}
        """,
    "code in a text": """
        == settings.py
        import flags
        N = eval("'prod' if flags.x else 'dev'")
        DATABASES = {"default": {POSTGRESQL, "NAME": N}}
        """,
}


@pytest.mark.every(3)
@pytest.mark.parametrize("files", PROJECTS.values(), ids=PROJECTS)
def test_a_value_that_something_unknown_may_have_chosen_is_refused(write: Write, files: str) -> None:
    assert "DATABASES" in write(files).refusal()
