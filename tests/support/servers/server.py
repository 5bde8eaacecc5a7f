"""Interface of every database server in a container."""

from abc import ABC, abstractmethod

from testcontainers.core.container import DockerContainer

from tests.support.servers.ports import wait_until


class Server(ABC):
    """A running server. What it is, and how to reach it, says each kind."""

    __slots__ = ()
    container: DockerContainer
    port: int

    @abstractmethod
    def answers(self) -> bool:
        """Whether the server takes connections from here; comes to a result within seconds."""

    def kill(self) -> None:
        """Ends the server as a power cut would. `restart` brings it back with what it had."""
        self.container.get_wrapped_container().kill()

    def pause(self) -> None:
        """Freezes the server: connections stay open and nothing answers."""
        self.container.get_wrapped_container().pause()

    def unpause(self) -> None:
        """Lets a paused server go on."""
        self.container.get_wrapped_container().unpause()

    def restart(self) -> None:
        """Stops the server where it runs, starts it on the same port, and waits until it answers."""
        self.container.get_wrapped_container().restart()
        self.wait()

    def wait(self) -> None:
        """Returns once the server takes connections from here."""
        wait_until(self.answers, f"{self!r}")
