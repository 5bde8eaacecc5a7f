"""Messages: they name the package and the place, and mask secrets."""

from __future__ import annotations

import re
import textwrap

import pytest

from tests.settings_loader.conftest import Write

PLAIN = 'DATABASES = {"default": {POSTGRESQL, "NAME": "app", "HOST": "db"}}'


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
