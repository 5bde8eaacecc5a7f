"""A Kubernetes node for the tests in a cluster: ``python -m tests.support.images.kubernetes`` builds it, in minutes."""

from pathlib import Path

from tests.support.images.catalogue import GO
from tests.support.images.clients import programs_of
from tests.support.images.own import own

VERSION = "1.36"


def node() -> str:
    """A reference of the image of a node."""
    return own("kubernetes", VERSION, "sid", GO)


def kubectl() -> Path:
    """The kubectl that goes with it."""
    return programs_of(node(), f"kubectl-{VERSION}", ("kubectl",)) / "kubectl"


if __name__ == "__main__":
    print(node(), kubectl())
