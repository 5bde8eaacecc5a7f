"""Fixtures of all tests."""

import gc
import os
import signal
import sys
from pathlib import Path

from hypothesis import settings

from tests.support import measured  # noqa: F401 - what is imported takes effect

# `make test-all` takes the second.
settings.register_profile("quick", max_examples=40, deadline=None)
settings.register_profile("thorough", max_examples=500, deadline=None)
settings.load_profile("quick")

pytest_plugins = ["tests.support.servers.fixtures", "tests.support.exhaustive"]

# However pytest was started: programs such as rclone are those of this environment.
os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"

# A shell that starts pytest in the background lets it ignore SIGINT, nohup SIGHUP, and with it all programs that tests
# interrupt.
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGHUP, signal.SIG_DFL)


def pytest_collection_finish() -> None:
    """Exempts the collected tests, which live to the end, from garbage collection: it took 5 % of the run's time."""
    gc.collect()
    gc.freeze()
