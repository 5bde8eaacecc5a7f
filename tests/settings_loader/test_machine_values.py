"""The command line, and facts that differ between machines: host, user, folders, random values."""

from __future__ import annotations

import re

import pytest

from tests.settings_loader.conftest import Write

PLAIN = 'DATABASES = {"default": {POSTGRESQL, "NAME": "app", "HOST": "db"}}'

COMMANDS = {
    "a verb": "if len(sys.argv) > 1 and sys.argv[1] in ('check', 'test', 'migrate'):",
    "a word": "if 'check' in sys.argv or 'runserver' in sys.argv:",
    "the program": "if 'manage.py' in sys.argv[0] or sys.argv[0].endswith('celery'):",
    "the program's own record": "if any('manage.py' in word for word in sys.orig_argv):",
    "the main module": "if 'manage' in str(getattr(sys.modules['__main__'], '__file__', '')):",
}


@pytest.mark.every(3)
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


@pytest.mark.every(3)
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


@pytest.mark.every(3)
@pytest.mark.parametrize(("value", "what"), NOTED.values(), ids=NOTED)
def test_a_value_with_something_of_the_machine_is_noted(write: Write, value: str, what: str) -> None:
    files = f"== settings.py\nimport getpass, os, socket\nfrom pathlib import Path\n{PLAIN}\nMEDIA_ROOT = {value}\n"
    notes = write(files).target(HOME="/home/app", HOSTNAME="web-1").notes
    assert any(note.startswith("MEDIA_ROOT depends on") and what in note and "settings.py:4" in note for note in notes)
    assert not any(note.startswith("DATABASES depends") for note in notes)
