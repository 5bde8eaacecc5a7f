"""Debian itself as an image, where no registry has it: debootstrap, from the mirror that this machine uses."""

import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from tests.support.images.engine import EngineError

LABEL = "django-rclone.stand-in"
CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")
SCRIPTS = Path(__file__).parents[3] / "scripts"


def make(suite: str, reference: str) -> None:
    """Makes a minimal Debian of this suite and hands it to the engine under this reference."""
    if os.geteuid() != 0:
        raise EngineError(f"{reference} cannot be pulled, and only root can make a stand-in with debootstrap.")
    _run([str(SCRIPTS / "apt.sh"), "debootstrap", "debian-archive-keyring"])
    with tempfile.TemporaryDirectory(prefix=f"debian-{suite}-") as name:
        root = Path(name)
        root.chmod(0o755)
        mirror = _mirror()
        command = ["debootstrap", "--variant=minbase", "--include=ca-certificates", suite, name, mirror]
        _run(["nice", "-n", "10", *command])
        _use_this_machines_way_to_the_packages(root, suite, mirror)
        tar = subprocess.Popen(["tar", "-C", name, "--one-file-system", "-c", "."], stdout=subprocess.PIPE)
        changes = ["--change", 'CMD ["bash"]', "--change", f"LABEL {LABEL}={suite}"]
        _run(["docker", "import", *changes, "-", reference], tar)


def _mirror() -> str:
    """The URI of Debian's main archive in this machine's apt sources; it serves every suite."""
    if own := os.environ.get("TEST_DEBIAN_MIRROR"):
        return own
    form = "$(ORIGIN)|$(LABEL)|$(REPO_URI)"
    for line in _run(["apt-get", "indextargets", "--format", form, "Created-By: Packages"]).splitlines():
        origin, label, uri = line.split("|")
        if (origin, label) == ("Debian", "Debian"):
            return uri.rstrip("/")
    raise EngineError(
        "No image registry answers, and this machine's apt sources name no Debian mirror to build a stand-in from. "
        "Set TEST_DEBIAN_MIRROR to one, or TEST_IMAGE_… to images that you have."
    )


def _use_this_machines_way_to_the_packages(root: Path, suite: str, mirror: str) -> None:
    (root / "etc/apt/sources.list").write_text(f"deb {mirror} {suite} main\n")
    # Proxies, certificates and checks of dates: what it takes here to reach the mirror, and nothing else.
    wanted = re.compile(r"Acquire::(https?\b|Check-)")
    dump = _run(["apt-config", "dump", "--format", '%F "%v";%n', "Acquire"])
    settings = [line for line in dump.splitlines() if wanted.match(line) and not line.endswith('"";')]
    (root / "etc/apt/apt.conf.d/90machine").write_text("\n".join([*settings, 'Acquire::Languages "none";', ""]))
    if CERTIFICATES.exists():
        shutil.copy(CERTIFICATES, root / CERTIFICATES.relative_to("/"))
    shutil.rmtree(root / "var/cache/apt/archives", ignore_errors=True)
    shutil.rmtree(root / "var/lib/apt/lists", ignore_errors=True)


def _run(command: list[str], source: "subprocess.Popen[bytes] | None" = None) -> str:
    stdin = source.stdout if source else subprocess.DEVNULL
    done = subprocess.run(command, stdin=stdin, capture_output=True, text=True, check=False)
    if source and source.wait():
        raise EngineError(f"{source.args!r} ended with {source.returncode}")
    if done.returncode:
        last_words = "\n".join((done.stdout + done.stderr).splitlines()[-30:])
        raise EngineError(f"{' '.join(command[:3])} … ended with {done.returncode}:\n{last_words}")
    return done.stdout
