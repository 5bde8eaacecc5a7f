"""The few words that we say to the Docker engine."""

import os
import subprocess


class EngineError(Exception):
    """The engine said no; the message holds its last words."""


def docker(*arguments: str, timeout: float = 1800) -> str:
    """Runs the docker client and returns what it printed. Raises EngineError when it fails."""
    # The classic builder: BuildKit wants an image of its own from a registry.
    environment = {**os.environ, "DOCKER_BUILDKIT": "0"}
    done = subprocess.run(
        ["docker", *arguments], capture_output=True, text=True, env=environment, timeout=timeout, check=False
    )
    if done.returncode:
        last_words = "\n".join((done.stdout + done.stderr).splitlines()[-30:])
        raise EngineError(f"docker {' '.join(arguments[:2])} … ended with {done.returncode}:\n{last_words}")
    return done.stdout


def present(reference: str) -> bool:
    """Whether the engine has this image already."""
    return bool(docker("images", "--quiet", reference).strip())


def image_id(reference: str) -> str:
    """The hexadecimal content id of a local image."""
    return docker("image", "inspect", "--format", "{{.Id}}", reference).strip().removeprefix("sha256:")


def label(reference: str, name: str) -> str:
    """The value of a label of a local image, empty where it has none."""
    return docker("image", "inspect", "--format", f'{{{{index .Config.Labels "{name}"}}}}', reference).strip()
