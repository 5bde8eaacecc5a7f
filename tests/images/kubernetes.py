"""A node of Kubernetes for the tests in a cluster: `python -m tests.images.kubernetes` builds it, some minutes long."""

from pathlib import Path

from tests.images.catalogue import GO
from tests.images.clients import programs_of
from tests.images.own import own

VERSION = "1.36"


def node() -> str:
    """A reference of the image of a node."""
    return own("kubernetes", VERSION, "sid", GO)


def kubectl() -> Path:
    """The kubectl that goes with it."""
    return programs_of(node(), f"kubectl-{VERSION}", ("kubectl",)) / "kubectl"


if __name__ == "__main__":
    print(node(), kubectl())
