"""The session of our MySQL programs, with the client of the server's flavour.

Each such program is run with the clients of both flavours and their option files, ``MYSQL OPTIONS MARIADB OPTIONS``;
a client that is not installed is empty. The server's first packet decides which one is used.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from django_rclone.db.mysql.clients import flavour_of, wrong_flavour
from django_rclone.db.mysql.errors import explained
from django_rclone.db.mysql.handshake import receive_greeting
from django_rclone.db.mysql.option_file import OWN_GROUP, read_options
from django_rclone.db.mysql.session import ClientSession
from django_rclone.exceptions import ConfigurationError, ProgramFailed

_CIPHER = "SHOW SESSION STATUS LIKE 'Ssl_cipher';"
_WITHOUT_TLS = (
    "the settings require TLS, and the connection ({location}) has none. Switch TLS on at the server, or set ssl_mode "
    "to PREFERRED if clear text is acceptable."
)


@contextmanager
def connected(location: str, clients_and_options: Sequence[str]) -> Iterator[tuple[ClientSession, str]]:
    """Yields the session and the flavour that the server announces. Failures of the client in the block are
    explained."""
    mysql, mysql_options, mariadb, mariadb_options = clients_and_options
    clients = {"mysql": (mysql, mysql_options), "mariadb": (mariadb, mariadb_options)}
    installed = [flavour for flavour, (client, _options) in clients.items() if client]
    file = Path(clients[installed[0]][1])
    announced = receive_greeting(read_options(file, ("client",)))
    flavour = flavour_of(announced.version) if announced.version else installed[0]
    requires_tls = read_options(file, (OWN_GROUP,)).get("require-tls") == "1"
    if requires_tls and announced.tls is False:  # before a password is sent
        raise ConfigurationError(_WITHOUT_TLS.format(location=location))
    # A proxy may announce another version than the server's: the other client may work, and returns the true version.
    client, options = clients[flavour if flavour in installed else installed[0]]
    with explained(location):
        try:
            session = ClientSession(client, Path(options).read_text())
            if requires_tls and not session.run(_CIPHER).partition("\t")[2].strip():
                raise ConfigurationError(_WITHOUT_TLS.format(location=location))
            yield session, flavour
        except ProgramFailed as failure:
            if flavour in installed:
                raise
            raise ConfigurationError(wrong_flavour(announced.version, installed)) from failure
