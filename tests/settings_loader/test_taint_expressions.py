"""Databases chosen by something unknown in an expression or a loop.

Most projects are adversarial: the value is wrong unless the loader sees this one dependency.
"""

from __future__ import annotations

import pytest

from tests.settings_loader.conftest import Write

PROJECTS = {
    "an if": """
        == settings.py
        import flags
        HOST = "staging"
        if flags.is_prod():
            HOST = "prod"
        DATABASES = {"default": {POSTGRESQL, "NAME": "app", "HOST": HOST}}
        """,
    "a conditional expression": """
        == settings.py
        import flags
        DATABASES = {"default": {POSTGRESQL, "NAME": "app", "HOST": "a" if flags.prod else "b"}}
        """,
    "a match": """
        == settings.py
        import flags
        match flags.stage:
            case "prod":
                HOST = "a"
            case _:
                HOST = "b"
        DATABASES = {"default": {POSTGRESQL, "NAME": "app", "HOST": HOST}}
        """,
    "a look-up in a dictionary": """
        == settings.py
        import flags
        HOSTS = {"prod": "a", "dev": "b"}
        DATABASES = {"default": {POSTGRESQL, "NAME": "app", "HOST": HOSTS.get(flags.stage, "localhost")}}
        """,
    "a look-up by a text": """
        == settings.py
        import flags
        HOSTS = {"prod": "a"}
        DATABASES = {"default": {POSTGRESQL, "NAME": "app", "HOST": HOSTS.get(f"{flags.stage}", "localhost")}}
        """,
    "a part of a text": """
        == settings.py
        import flags
        DATABASES = {"default": {POSTGRESQL, "NAME": str(flags.name)[:1] and "app" + str(flags.name)[:2]}}
        """,
    "the length of a text": """
        == settings.py
        import flags
        SHARD = len(str(flags.name)) % 2
        DATABASES = {"default": {POSTGRESQL, "NAME": f"app{SHARD}"}}
        """,
    "a beginning of a text": """
        == settings.py
        import flags
        NAME = "prod" if str(flags.stage).startswith("p") else "dev"
        DATABASES = {"default": {POSTGRESQL, "NAME": NAME}}
        """,
    "identity": """
        == settings.py
        import flags
        NAME = "prod" if flags.stage is flags.PROD else "dev"
        DATABASES = {"default": {POSTGRESQL, "NAME": NAME}}
        """,
    "identity with nothing": """
        == settings.py
        import vault
        if vault.read("host") is not None:
            NAME = "prod"
        else:
            NAME = "dev"
        DATABASES = {"default": {POSTGRESQL, "NAME": NAME}}
        """,
    "a type": """
        == settings.py
        import flags
        NAME = "prod" if type(flags.stage) is str else "dev"
        DATABASES = {"default": {POSTGRESQL, "NAME": NAME}}
        """,
    "an instance of a class": """
        == settings.py
        import flags
        NAME = "prod" if isinstance(flags.stage, str) else "dev"
        DATABASES = {"default": {POSTGRESQL, "NAME": NAME}}
        """,
    "a comparison": """
        == settings.py
        import flags
        NAME = "prod" if flags.__dict__ and flags.level > 3 else "dev"
        DATABASES = {"default": {POSTGRESQL, "NAME": NAME}}
        """,
    "membership": """
        == settings.py
        import flags
        NAME = "prod" if "x" in flags.all() else "dev"
        DATABASES = {"default": {POSTGRESQL, "NAME": NAME}}
        """,
    "how many there are": """
        == settings.py
        import flags
        COUNT = 0
        for _shard in flags.shards():
            COUNT += 1
        DATABASES = {"default": {POSTGRESQL, "NAME": f"app{COUNT}"}}
        """,
    "a default that an unknown base class may replace": """
        == settings.py
        from goodconf import GoodConf
        class Config(GoodConf):
            HOST = "localhost"
        DATABASES = {"default": {POSTGRESQL, "NAME": "app", "HOST": Config.HOST}}
        """,
    "a default of an instance of an unknown class": """
        == settings.py
        from somewhere import BaseSettings
        class Config(BaseSettings):
            HOST: str = "localhost"
        DATABASES = {"default": {POSTGRESQL, "NAME": "app", "HOST": Config().HOST}}
        """,
    "an order": """
        == settings.py
        import flags
        HOSTS = sorted(["b", "a"], key=lambda h: flags.rank(h))
        DATABASES = {"default": {POSTGRESQL, "NAME": "x", "HOST": HOSTS[0]}}
        """,
    "the greatest": """
        == settings.py
        import flags
        HOST = max(["a","b"], key=flags.rank)
        DATABASES = {"default": {POSTGRESQL, "NAME": "x", "HOST": HOST}}
        """,
    "a filter": """
        == settings.py
        import flags
        NAME = list(filter(flags.ok, ["a", "b"]))[0]
        DATABASES = {"default": {POSTGRESQL, "NAME": NAME}}
        """,
    "a loop": """
        == settings.py
        import flags
        N = 0
        while flags.more() and N < 3:
            N += 1
        DATABASES = {"default": {POSTGRESQL, "NAME": f"app{N}"}}
        """,
    "an assertion": """
        == settings.py
        import flags
        NAME = "prod"
        try:
            assert flags.prod
        except AssertionError:
            NAME = "dev"
        DATABASES = {"default": {POSTGRESQL, "NAME": NAME}}
        """,
    "two unknowns that may cancel out": """
        == settings.py
        import flags
        a = bool(flags.a)
        b = bool(flags.b)
        DATABASES = {"default": {POSTGRESQL, "NAME": "x" if a != b else "y"}}
        """,
    "a hash": """
        == settings.py
        import flags
        N = hash(flags.x) % 2
        DATABASES = {"default": {POSTGRESQL, "NAME": f"app{N}"}}
        """,
    "a call-back of a library": """
        == settings.py
        import json
        import flags
        D = json.loads(json.dumps({"x": flags.x}, default=lambda o: "dev"))
        DATABASES = {"default": {POSTGRESQL, "NAME": D["x"]}}
        """,
    "a digest of a text": """
        == settings.py
        import hashlib, flags
        NAME = hashlib.md5(str(flags.x).encode()).hexdigest()
        DATABASES = {"default": {POSTGRESQL, "NAME": NAME}}
        """,
    "a position in a list": """
        == settings.py
        import flags
        try:
            I = ["prod","dev"].index(flags.x)
        except ValueError:
            I = 1
        DATABASES = {"default": {POSTGRESQL, "NAME": ["a","b"][I]}}
        """,
}


@pytest.mark.every(3)
@pytest.mark.parametrize("files", PROJECTS.values(), ids=PROJECTS)
def test_a_value_that_something_unknown_may_have_chosen_is_refused(write: Write, files: str) -> None:
    assert "DATABASES" in write(files).refusal()
