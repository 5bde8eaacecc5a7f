"""Environment variables that something unknown may have set."""

from __future__ import annotations

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
    "a result that is never read": "import stores\n_ = stores.run()",
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


@pytest.mark.every(3)
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
