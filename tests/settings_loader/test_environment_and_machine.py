"""Environment variables that something unknown may have set, and what is another one on each machine."""

from __future__ import annotations

import re
import textwrap

import pytest

from tests.settings_loader.conftest import Write

PLAIN = 'DATABASES = {"default": {POSTGRESQL, "NAME": "app", "HOST": "db"}}'
FROM_ENVIRONMENT = 'DATABASES = {"default": {POSTGRESQL, "NAME": os.environ.get("DB_NAME", "dev")}}'
GIVEN = {"DB_NAME": "app"}
FILLS = {
    "a call": "import berglas_like\nberglas_like.auto()",
    "a call of a function": "from stores import load_all\nload_all('/shop')",
    "a call of what a call gives": "import stores\nstores.Loader('/shop').run()",
    "a call in a function": "import stores\ndef boot():\n    stores.run()\nboot()",
    "a with": "import stores\nwith stores.injected():\n    pass",
    "a with that calls nothing": "import stores\nwith stores.injected:\n    pass",
    "a result that nobody reads": "import stores\n_ = stores.run()",
    "a condition": "import stores\nif not stores.load('/shop'):\n    print('no store')",
    "an import for its effect": "import stores_autoload",
    "an import that a linter shall not remove": "import stores  # noqa: F401",
    "a call in a try": "try:\n    import stores\n    stores.run()\nexcept ImportError:\n    pass",
    "variables of unknown names": "import stores\nfor name in [stores.name]:\n    os.environ[name] = 'x'",
    "another name for the environment": "import json, stores\nE = os.environ\nE['DB_NAME'] = json.loads(stores.read())",
    "an own function": (
        "import json, stores\ndef boot():\n    os.environ['DB_NAME'] = json.loads(stores.get())['name']\nboot()"
    ),
    "an own function that is given the environment": (
        "import json, stores\ndef boot(to):\n    to['DB_NAME'] = json.loads(stores.get())['name']\nboot(os.environ)"
    ),
}


@pytest.mark.parametrize("fills", FILLS.values(), ids=FILLS)
def test_a_default_is_refused_where_something_unknown_may_have_set_the_variable(write: Write, fills: str) -> None:
    refusal = write(f"== settings.py\nimport os\n{fills}\n{FROM_ENVIRONMENT}\n").refusal()
    assert "DATABASES" in refusal
    assert "stores" in refusal or "berglas_like" in refusal


def test_the_variables_are_named_with_all_ways_out(write: Write) -> None:
    refusal = write(f"== settings.py\nimport os, stores\nstores.run()\n{FROM_ENVIRONMENT}\n").refusal()
    assert "the defaults for DB_NAME: not set here, but settings.py:2 calls stores.run(), which this image" in refusal
    assert all(
        way in refusal for way in ("DATABASE_URL", "TARGET_PACKAGES", "TARGET_IGNORE_PACKAGES=stores", "TARGET_J")
    )


@pytest.mark.parametrize(
    "settings",
    [
        f"import os, stores\nstores.run()\n{FROM_ENVIRONMENT}",
        f"import os, stores_autoload\n{FROM_ENVIRONMENT}",
        f"import os, tlds\nos.environ['ALLOWED'] = '.' + tlds.of('x.org')\n{FROM_ENVIRONMENT}",
        f"import json, os, tlds\nos.environ['ALLOWED'] = json.loads(tlds.of('x.org'))\n{FROM_ENVIRONMENT}",
    ],
    ids=["a call", "an import", "another variable", "another variable that cannot be set"],
)
def test_variables_that_are_set_are_known(write: Write, settings: str) -> None:
    assert write(f"== settings.py\n{settings}\n").target(**GIVEN).databases["default"]["NAME"] == "app"


@pytest.mark.parametrize("call", ["sentry_sdk.init(dsn='x')", "drivers.install_as_x()", "stores.run() if 0 else 0"])
def test_a_default_is_known_where_nothing_may_have_set_the_variable(write: Write, call: str) -> None:
    project = write(f"== settings.py\nimport os, sentry_sdk, drivers, stores\n{call}\n{FROM_ENVIRONMENT}\n")
    assert project.target().databases["default"]["NAME"] == "dev"


def test_what_is_called_afterwards_does_not_matter(write: Write) -> None:
    project = write(f"== settings.py\nimport os, stores\n{FROM_ENVIRONMENT}\nstores.run()\n")
    assert project.target().databases["default"]["NAME"] == "dev"


def test_a_package_that_fills_no_variables_can_be_named(write: Write) -> None:
    project = write(f"== settings.py\nimport os, stores\nstores.run()\n{FROM_ENVIRONMENT}\n")
    target = project.target(TARGET_IGNORE_PACKAGES="stores")
    assert any("TARGET_IGNORE_PACKAGES" in note and "DB_NAME" in note for note in target.notes)


COMMANDS = {
    "a verb": "if len(sys.argv) > 1 and sys.argv[1] in ('check', 'test', 'migrate'):",
    "a word": "if 'check' in sys.argv or 'runserver' in sys.argv:",
    "the program": "if 'manage.py' in sys.argv[0] or sys.argv[0].endswith('celery'):",
    "the program's own record": "if any('manage.py' in word for word in sys.orig_argv):",
    "the main module": "if 'manage' in str(getattr(sys.modules['__main__'], '__file__', '')):",
}


@pytest.mark.parametrize("question", COMMANDS.values(), ids=COMMANDS)
def test_the_command_line_is_that_of_a_web_server(write: Write, question: str) -> None:
    project = write(f"== settings.py\nimport sys\n{PLAIN}\n{question}\n    DATABASES['default']['NAME'] = 'other'\n")
    assert project.target().databases["default"]["NAME"] == "app"


DECIDED = {
    "which web server": "'gunicorn' in sys.argv[0]",
    "which web server, by its variable": "os.environ.get('SERVER_SOFTWARE', '').startswith('gunicorn')",
    "the host": "socket.gethostname() == HOST",
    "the host's name in part": "platform.node()[:2] == HOST[:2]",
    "the system's answer": "os.uname().nodename == HOST",
    "the user": "getpass.getuser() == USER",
    "the home folder": "os.path.expanduser('~') == HOME",
    "chance": "random.choice([True, False])",
}


@pytest.mark.parametrize("question", DECIDED.values(), ids=DECIDED)
def test_a_database_that_the_machine_decides_is_refused(write: Write, question: str) -> None:
    project = write(
        f"""
        == settings.py
        import getpass, os, platform, random, socket, sys
        from facts import HOME, HOST, USER
        DATABASES = {{"default": {{POSTGRESQL, "NAME": "prod" if {question} else "dev"}}}}
        == facts.py
        import getpass, os, socket
        HOST, USER, HOME = {__import__("socket").gethostname()!r}, {__import__("getpass").getuser()!r}, "/home/app"
        """
    )
    refusal = project.refusal(HOME="/home/app")
    assert re.search(r"DATABASES depends on .* \(settings.py:3\)", refusal)
    assert "TARGET_JSON_FILE" in refusal


NOTED = {
    "the home folder": ('os.path.expanduser("~/data")', "the variable HOME"),
    "the home folder as a path": ('str(Path.home() / "data")', "the variable HOME"),
    "the host's name": ('f"app-{socket.gethostname()}"', "the host's name"),
    "the user's name": ('"app_" + getpass.getuser()', "the user's name"),
    "the working folder": ('os.path.abspath("data")', "the working folder"),
    "a variable that each container has": ('os.environ.get("HOSTNAME", "x")', "the variable HOSTNAME"),
}


@pytest.mark.parametrize(("value", "what"), NOTED.values(), ids=NOTED)
def test_a_value_with_something_of_the_machine_is_noted(write: Write, value: str, what: str) -> None:
    files = f"== settings.py\nimport getpass, os, socket\nfrom pathlib import Path\n{PLAIN}\nMEDIA_ROOT = {value}\n"
    notes = write(files).target(HOME="/home/app", HOSTNAME="web-1").notes
    assert any(note.startswith("MEDIA_ROOT depends on") and what in note and "settings.py:4" in note for note in notes)
    assert not any(note.startswith("DATABASES depends") for note in notes)


LOADS = {
    "an annotation of Python's own": """
        import sentry_sdk
        from decouple import config
        SSL: bool = config("SSL", False, cast=bool)
        DATABASES = {"default": {POSTGRESQL, "NAME": "app" if not SSL else "x"}}
        sentry_sdk.init(dsn="x", debug=config("SENTRY_DEBUG", False, cast=bool))
        """,
    "a boolean as distutils read it": """
        from distutils.util import strtobool
        DATABASES = {"default": {POSTGRESQL, "NAME": "app" if strtobool("yes") else "x"}}
        """,
    "a boolean as distutils read it, with a fallback": """
        try:
            from distutils.util import strtobool
        except ImportError:
            def strtobool(value):
                return value.lower() in ("y", "yes", "true", "1")
        DATABASES = {"default": {POSTGRESQL, "NAME": "app" if strtobool("yes") else "x"}}
        """,
    "a file in TOML": """
        import tomli
        DATABASES = {"default": {POSTGRESQL, "NAME": tomli.loads("name = 'app'")["name"]}}
        """,
    "an unknown pool": """
        import cfenv
        DATABASES = {"default": {POSTGRESQL, "NAME": "app"}}
        DATABASES["default"].setdefault("OPTIONS", {})
        DATABASES["default"]["OPTIONS"].update({"pool": {"max_size": int(cfenv.AppEnv().get_credential("POOL", 5))}})
        """,
}


@pytest.mark.parametrize("settings", LOADS.values(), ids=LOADS)
def test_it_is_known_what_python_itself_would_say(write: Write, settings: str) -> None:
    project = write(f"== settings.py\n{textwrap.dedent(settings)}\n")
    assert project.target().databases["default"]["NAME"] == "app"


OWN = {
    "its version": "from importlib import metadata\n__version__ = metadata.version(__name__)",
    "a version from a program": """
        import subprocess
        try:
            __version__ = subprocess.check_output(["git", "describe"]).decode()
        except Exception:
            __version__ = "unknown"
        def main():
            import os
            os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")
            print(__version__)
        """,
    "a version from a package": """
        import git, os
        __version__ = git.Repo(".").git.describe() or "unknown"
        def main():
            os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")
            print(__version__)
        """,
}


@pytest.mark.parametrize("package", OWN.values(), ids=OWN)
def test_the_projects_own_version_decides_no_database(write: Write, package: str) -> None:
    project = write(
        """
        == shop/settings.py
        import environ
        from shop import __version__
        env = environ.Env()
        RELEASE = __version__
        DATABASES = {"default": env.db("DATABASE_URL")}
        == shop/__init__.py
        """
    )
    (project.root / "shop/__init__.py").write_text(textwrap.dedent(package))
    target = project.target(TARGET_SETTINGS_MODULE="shop.settings", DATABASE_URL="postgres://u:p@db/app")
    assert target.databases["default"]["NAME"] == "app"


def test_the_folder_of_the_target_itself_is_a_package_by_its_own_name(write: Write) -> None:
    project = write(
        """
        == shop/__init__.py
        == shop/settings.py
        from shop.util import get
        DATABASES = {"default": {POSTGRESQL, "NAME": get("DB_NAME")}}
        == shop/util.py
        import os
        def get(name): return os.environ.get(name)
        """
    )
    target = project.target(TARGET_PATH=str(project.root / "shop"), DB_NAME="app")
    assert target.databases["default"]["NAME"] == "app"
    (project.root / "shop").rename(project.root / "mounted")
    refusal = project.refusal(TARGET_PATH=str(project.root / "mounted"), DB_NAME="app")
    assert 'If "shop" is the folder that is TARGET_PATH itself' in refusal
    assert "TARGET_PACKAGES" in refusal


@pytest.mark.parametrize("absent", [".local", "site1.local_settings", ".generated"])
def test_a_missing_module_in_a_package_of_the_project_is_noted(write: Write, absent: str) -> None:
    project = write(
        f"""
        == site1/__init__.py
        == site1/settings.py
        {PLAIN}
        try:
            from {absent} import *
        except ImportError:
            pass
        """
    )
    name = absent if absent.startswith("site1") else f"site1{absent}"
    notes = project.target(TARGET_SETTINGS_MODULE="site1.settings").notes
    assert any(f'site1/settings.py:3 uses the module "{name}" if it exists' in note for note in notes)


def test_only_values_are_masked_not_our_own_words(write: Write) -> None:
    project = write(
        f"""
        == settings.py
        from vault import password
        OAUTH_TOKEN_METHOD = "GET"
        {PLAIN}
        DATABASES["default"]["PASSWORD"] = password("db")
        """
    )
    refusal = project.refusal(POSTGRES_PASSWORD="settings")
    assert "TARGET_JSON_FILE" in refusal
    assert "(imported in settings.py:1)" in refusal


WORDS = {
    "a module's file": (
        """
        import os
        from split_settings.tools import include
        from corp_base.lib import dynamic
        PLAIN
        include(os.path.join(os.path.dirname(dynamic.__file__), "dynamic_settings.py"))
        """,
        "corp_base",
    ),
    "all of a package": ("from corp_conf.base import *\nDATABASES['default']['ENGINE'] = 'x'", "corp_conf"),
    "a wrong type": ("import vault\nPLAIN\nDATABASES['default'].update({'PORT': 'x'.join(vault.x)})", "vault"),
    "a sum": ("import vault\nPLAIN\nDATABASES['default'].update(vault.x, PORT=len(vault.y))", "vault"),
    "what left Python": ("import imp\nPLAIN\nDATABASES['default']['NAME'] = imp.load_source('a', 'b').NAME", "imp"),
}


@pytest.mark.parametrize(("settings", "package"), WORDS.values(), ids=WORDS)
def test_a_refusal_names_the_package_and_no_inner_name(write: Write, settings: str, package: str) -> None:
    settings = textwrap.dedent(settings).replace("PLAIN", PLAIN)
    refusal = write(f"== settings.py\n{settings}\n").refusal()
    assert package in refusal
    assert not re.search("stub|zz|AttributeError", refusal, re.IGNORECASE)
    assert "TARGET_JSON_FILE" in refusal
    assert (package != "imp") or "which was removed in Python 3.12" in refusal
