"""A service that takes connections and never answers."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import closing, contextmanager


@contextmanager
def silent() -> Iterator[int]:
    """Gives its port. The kernel takes the connections; nobody reads from them."""
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        yield server.getsockname()[1]
