"""The settings of a test's project, with coverage of the programs that our own programs start."""

from tests.contract.settings import *  # noqa: F403 - the same settings
from tests.support import measured  # noqa: F401 - what is imported takes effect
