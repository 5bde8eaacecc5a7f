"""Every image that the tests use. A new server is one more line here and one more folder with a Dockerfile."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Image:
    """One image: the official one, and how its stand-in is made."""

    official: str
    base: str = ""
    """Base of the stand-in, as name:version in this catalogue."""
    dockerfile: str = ""
    """The folder in tests/support/images with the stand-in's Dockerfile."""
    arguments: Mapping[str, str] = field(default_factory=dict)
    """Build arguments of the Dockerfile."""
    passed: tuple[str, ...] = ()
    """Environment variables of this machine that are build arguments too, where they are set."""
    suite: str = ""
    """Suite that debootstrap makes Debian itself of, which has no base."""


def _debian(suite: str) -> Image:
    return Image(f"debian:{suite}-slim", suite=suite)


def _postgres(major: int, debian: str, data: str = "/var/lib/postgresql/data") -> Image:
    arguments = {"MAJOR": str(major), "PGDATA": data}
    return Image(f"postgres:{major}", base=f"debian:{debian}", dockerfile="postgres", arguments=arguments)


def _mysql(official: str, debian: str, server: str) -> Image:
    arguments = {"FLAVOUR": official.partition(":")[0], "SERVER": server}
    return Image(official, base=f"debian:{debian}", dockerfile="mysql", arguments=arguments)


def _monitoring(name: str, version: str) -> Image:
    """One of Prometheus' own; the version is the one that Debian has, so that the two say the same."""
    return Image(f"prom/{name}:v{version}", base="debian:trixie", dockerfile=name)


GO = ("GOPROXY", "GOFLAGS", "GONOSUMDB")

CATALOGUE: Mapping[str, Image] = {
    "debian:bullseye": _debian("bullseye"),
    "debian:bookworm": _debian("bookworm"),
    "debian:trixie": _debian("trixie"),
    "debian:sid": _debian("sid"),
    "postgres:13": _postgres(13, "bullseye"),
    "postgres:15": _postgres(15, "bookworm"),
    "postgres:17": _postgres(17, "trixie"),
    # Since 18 the official image keeps its data in a folder that is named after the version.
    "postgres:18": _postgres(18, "sid", data="/var/lib/postgresql/18/docker"),
    "postgis:17": Image("postgis/postgis:17-3.5", base="postgres:17", dockerfile="postgis"),
    "mysql:9": _mysql("mysql:9", "sid", "mysqld"),
    "mariadb:11.8": _mysql("mariadb:11.8", "trixie", "mariadbd"),
    "mongo:8": Image("mongo:8", base="debian:sid", dockerfile="mongo", passed=GO),
    "versitygw:1.8": Image("versity/versitygw:v1.8.0", base="debian:sid", dockerfile="versitygw", passed=GO),
    "helm:3.22": Image("alpine/helm:3.22.0", base="debian:sid", dockerfile="helm", passed=GO),
    "prometheus:2.53": _monitoring("prometheus", "2.53.3"),
    "alertmanager:0.28": _monitoring("alertmanager", "0.28.1"),
    "pushgateway:1.11": _monitoring("pushgateway", "1.11.0"),
}
