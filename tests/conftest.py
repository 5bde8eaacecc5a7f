"""What all tests share."""

import os
import signal
import sys
from pathlib import Path

from tests.support import measured  # noqa: F401 - what is imported takes effect

pytest_plugins = ["tests.support.servers.fixtures", "tests.support.exhaustive"]

# However pytest was started: programs such as rclone are those of this environment.
os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"

# A shell that starts pytest in the background lets it ignore SIGINT, nohup SIGHUP, and with it all programs that tests
# interrupt.
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGHUP, signal.SIG_DFL)
