"""Databases chosen by whether a package, module or attribute exists, or by an error.

Most projects are adversarial: the value is wrong unless the loader sees this one dependency.
"""

from __future__ import annotations

import pytest

from tests.settings_loader.conftest import Write

PROJECTS = {
    "whether there is an attribute": """
        == settings.py
        import flags
        NAME = "prod" if hasattr(flags, "PROD") else "dev"
        DATABASES = {"default": {POSTGRESQL, "NAME": NAME}}
        """,
    "a star import that is decided": """
        == settings.py
        import flags
        DATABASES = {"default": {POSTGRESQL, "NAME": "base"}}
        if flags.prod:
            from prod_part import *
        == prod_part.py
        DEBUG = False
        """,
    "whether a package is installed": """
        == settings.py
        try:
            import flags
            NAME = "prod"
        except ImportError:
            NAME = "dev"
        DATABASES = {"default": {POSTGRESQL, "NAME": NAME}}
        """,
    "whether a package is installed, asked elsewhere": """
        == settings.py
        from features import HAS_FLAGS
        DATABASES = {"default": {POSTGRESQL, "NAME": "prod" if HAS_FLAGS else "dev"}}
        == features.py
        try:
            import flags
        except ImportError:
            flags = None
        HAS_FLAGS = flags is not None
        """,
    "whether a package can be found": """
        == settings.py
        import importlib.util
        NAME = "prod" if importlib.util.find_spec("flags") else "dev"
        DATABASES = {"default": {POSTGRESQL, "NAME": NAME}}
        """,
    "whether a package has a version": """
        == settings.py
        from importlib.metadata import version, PackageNotFoundError
        try:
            version("flags")
            NAME = "prod"
        except PackageNotFoundError:
            NAME = "dev"
        DATABASES = {"default": {POSTGRESQL, "NAME": NAME}}
        """,
    "an exception that a package might raise": """
        == settings.py
        import vault
        try:
            vault.ping()
            HOST = "primary"
        except vault.Error:
            HOST = "fallback"
        DATABASES = {"default": {POSTGRESQL, "NAME": "app", "HOST": HOST}}
        """,
    "the fallback for a secret that cannot be read": """
        == settings.py
        import json
        import boto3
        try:
            found = json.loads(boto3.client("secretsmanager").get_secret_value()["SecretString"])
        except Exception:
            found = {}
        DATABASES = {"default": {POSTGRESQL, "NAME": "app", "HOST": found.get("host", "localhost")}}
        """,
    "the fallback for a program that is refused": """
        == settings.py
        import subprocess
        try:
            HOST = subprocess.check_output(["hostname"]).decode()
        except Exception:
            HOST = "localhost"
        DATABASES = {"default": {POSTGRESQL, "NAME": "app", "HOST": HOST}}
        """,
    "an attribute with a default": """
        == settings.py
        import flags
        NAME = getattr(flags, "NAME", "dev")
        DATABASES = {"default": {POSTGRESQL, "NAME": NAME}}
        """,
    "an attribute that may be missing": """
        == settings.py
        import flags
        try:
            flags.NAME
            NAME = "prod"
        except AttributeError:
            NAME = "dev"
        DATABASES = {"default": {POSTGRESQL, "NAME": NAME}}
        """,
    "what is suppressed": """
        == settings.py
        from contextlib import suppress
        import vault
        NAME = "dev"
        with suppress(Exception):
            int(vault.x)
            NAME = "prod"
        DATABASES = {"default": {POSTGRESQL, "NAME": NAME}}
        """,
    "an import that may fill the environment": """
        == settings.py
        import os
        import autoenv
        DATABASES = {"default": {POSTGRESQL, "NAME": os.environ.get("NAME", "dev")}}
        """,
    "a name that is deleted": """
        == settings.py
        import flags
        NAME = "prod"
        if flags.x: del NAME
        try:
            NAME
        except NameError:
            NAME = "dev"
        DATABASES = {"default": {POSTGRESQL, "NAME": NAME}}
        """,
    "whether a module was loaded": """
        == settings.py
        import sys
        try:
            import flags
        except ImportError:
            pass
        NAME = "prod" if "flags" in sys.modules else "dev"
        DATABASES = {"default": {POSTGRESQL, "NAME": NAME}}
        """,
    "whether Django can import it": """
        == settings.py
        from django.utils.module_loading import module_has_submodule, import_string
        try:
            import_string("flags.prod")
            NAME = "prod"
        except ImportError:
            NAME = "dev"
        DATABASES = {"default": {POSTGRESQL, "NAME": NAME}}
        """,
    "entry points": """
        == settings.py
        from importlib.metadata import entry_points
        NAME = "prod" if list(entry_points(group="flags")) else "dev"
        DATABASES = {"default": {POSTGRESQL, "NAME": NAME}}
        """,
    "a name that the module makes up": """
        == settings.py
        import flags
        _D = {"default": {POSTGRESQL, "NAME": "dev"}}
        def __getattr__(name):
            if name == "DATABASES":
                return _D
            raise AttributeError(name)
        """,
    "a module that fails halfway": """
        == settings.py
        DATABASES = {"default": {POSTGRESQL, "NAME": "dev"}}
        try:
            from overrides import *
        except Exception:
            pass
        == overrides.py
        import os
        KEY = os.environ["NOT_THERE"]
        DATABASES = {"default": {POSTGRESQL, "NAME": KEY}}
        """,
    "a package with a name like a secret": """
        == settings.py
        try:
            import secrets_manager
            PASSWORD = secrets_manager.get()
        except ImportError:
            PASSWORD = "dev"
        DATABASES = {"default": {POSTGRESQL, "NAME": "x", "PASSWORD": PASSWORD}}
        """,
}


@pytest.mark.every(3)
@pytest.mark.parametrize("files", PROJECTS.values(), ids=PROJECTS)
def test_a_value_that_something_unknown_may_have_chosen_is_refused(write: Write, files: str) -> None:
    assert "DATABASES" in write(files).refusal()
