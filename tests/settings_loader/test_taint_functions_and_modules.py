"""Databases chosen by something unknown in a function, in another module or through an alias.

Most projects are adversarial: the value is wrong unless the loader sees this one dependency.
"""

from __future__ import annotations

import pytest

from tests.settings_loader.conftest import Write

PROJECTS = {
    "what a function decides": """
        == settings.py
        from config.choose import database
        DATABASES = {"default": database()}
        == config/choose.py
        import flags
        def database():
            if flags.prod:
                return {POSTGRESQL, "NAME": "prod"}
            return {POSTGRESQL, "NAME": "dev"}
        """,
    "what another module decides": """
        == settings.py
        from config import base
        DATABASES = base.DATABASES
        == config/base.py
        import flags
        DATABASES = {"default": {POSTGRESQL, "NAME": "dev"}}
        if flags.prod:
            DATABASES["default"]["NAME"] = "prod"
        """,
    "a module chosen by name": """
        == settings.py
        import importlib
        import flags
        found = importlib.import_module("parts.prod" if flags.prod else "parts.dev")
        DATABASES = found.DATABASES
        == parts/prod.py
        DATABASES = {"default": {POSTGRESQL, "NAME": "prod"}}
        == parts/dev.py
        DATABASES = {"default": {POSTGRESQL, "NAME": "dev"}}
        """,
    "a module loaded by name, which decides": """
        == settings.py
        import importlib
        found = importlib.import_module("parts.all")
        DATABASES = getattr(found, "DATABASES")
        == parts/all.py
        import flags
        DATABASES = {"default": {POSTGRESQL, "NAME": "dev"}}
        if flags.prod:
            DATABASES["default"]["NAME"] = "prod"
        """,
    "another name for the same dictionary": """
        == settings.py
        import flags
        DATABASES = {"default": {POSTGRESQL, "NAME": "dev"}}
        db = DATABASES["default"]
        if flags.prod:
            db["NAME"] = "prod"
        del db
        """,
    "a loop over the same dictionaries": """
        == settings.py
        import flags
        DATABASES = {"default": {POSTGRESQL, "NAME": "dev"}}
        for database in DATABASES.values():
            if flags.prod:
                database["NAME"] = "prod"
        """,
    "a function that changes the module": """
        == settings.py
        import flags
        DATABASES = {"default": {POSTGRESQL, "NAME": "dev"}}
        def for_production():
            if flags.prod:
                DATABASES["default"]["NAME"] = "prod"
        for_production()
        """,
    "a function that changes another name of it": """
        == settings.py
        import flags
        DATABASES = {"default": {POSTGRESQL, "NAME": "dev"}}
        def for_production():
            database = DATABASES["default"]
            if flags.prod:
                database["NAME"] = "prod"
        for_production()
        """,
    "a module that reaches into this one": """
        == settings.py
        DATABASES = {"default": {POSTGRESQL, "NAME": "dev"}}
        import late
        == late.py
        import sys
        import flags
        if flags.prod:
            sys.modules["settings"].DATABASES["default"]["NAME"] = "prod"
        """,
    "what an environment variable was set to": """
        == settings.py
        import os
        import flags
        if flags.prod:
            os.environ["DB_NAME"] = "prod"
        DATABASES = {"default": {POSTGRESQL, "NAME": os.environ.get("DB_NAME", "dev")}}
        """,
    "what a decorator returns": """
        == settings.py
        import vault
        @vault.with_secrets
        def database():
            return {POSTGRESQL, "NAME": "dev"}
        DATABASES = {"default": database()}
        """,
    "all names of an unknown module": """
        == settings.py
        import company
        DATABASES = {"default": {POSTGRESQL, "NAME": "dev"}}
        for name in dir(company):
            globals()[name] = getattr(company, name)
        """,
    "a class of another module that a function changes": """
        == settings.py
        from parts import state
        state.choose()
        DATABASES = {"default": {POSTGRESQL, "NAME": state.current()}}
        == parts/state.py
        import flags
        class S:
            name = "dev"
        def choose():
            if flags.prod:
                S.name = "prod"
        def current():
            return S.name
        """,
    "an object that remembers": """
        == settings.py
        from parts.state import state
        state.choose()
        DATABASES = {"default": {POSTGRESQL, "NAME": state.name}}
        == parts/state.py
        import flags
        class State:
            def __init__(self):
                self.name = "dev"
            def choose(self):
                if flags.prod:
                    self.name = "prod"
        state = State()
        """,
    "a dictionary that another module changes": """
        == settings.py
        import parts.apply
        from parts.reg import REG
        DATABASES = {"default": {POSTGRESQL, "NAME": REG["name"]}}
        == parts/reg.py
        REG = {"name": "dev"}
        == parts/apply.py
        import flags
        from parts.reg import REG
        if flags.prod:
            REG["name"] = "prod"
        """,
    "a thread": """
        == settings.py
        import threading, flags
        R = {}
        def work():
            R["n"] = "prod" if flags.x else "dev"
        t = threading.Thread(target=work); t.start(); t.join()
        DATABASES = {"default": {POSTGRESQL, "NAME": R["n"]}}
        """,
    "a generator": """
        == settings.py
        import flags
        def gen():
            yield "prod" if flags.x else "dev"
        DATABASES = {"default": {POSTGRESQL, "NAME": next(gen())}}
        """,
    "identity by a function": """
        == settings.py
        import operator, flags
        NAME = "a" if operator.is_(flags.x, None) else "b"
        DATABASES = {"default": {POSTGRESQL, "NAME": NAME}}
        """,
    "a file that is run": """
        == settings.py
        import runpy
        from pathlib import Path
        DATABASES = runpy.run_path(str(Path(__file__).parent / "b.py"))["DATABASES"]
        == b.py
        import flags
        N = "a" if flags.x else "b"
        DATABASES = {"default": {POSTGRESQL, "NAME": N}}
        """,
}


@pytest.mark.every(3)
@pytest.mark.parametrize("files", PROJECTS.values(), ids=PROJECTS)
def test_a_value_that_something_unknown_may_have_chosen_is_refused(write: Write, files: str) -> None:
    assert "DATABASES" in write(files).refusal()
