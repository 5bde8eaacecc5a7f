"""A database server and an S3 server in a namespace of their own, as a site's would be."""

import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from tests.cluster.clusters import Cluster
from tests.cluster.kubectl import Kubectl, Object
from tests.support.images import image
from tests.support.images.sidecar import sidecar

BUCKET = "backups"
KEY, SECRET, PASSWORD = "cluster-key", "cluster-secret", "cluster-password"


@dataclass(frozen=True, slots=True)
class Servers:
    """Running servers. Addresses are the Services' own, so that the cluster needs no DNS."""

    kubectl: Kubectl
    sidecar: str
    pull_policy: str

    def sql(self, database: str, *statements: str) -> str:
        """Runs statements as the administrator, and returns what the last one selects."""
        words = [word for statement in statements for word in ("--command", statement)]
        psql = ("psql", "--username=postgres", "--no-psqlrc", "-qAtv", "ON_ERROR_STOP=1", f"--dbname={database}")
        return self.kubectl("exec", "postgres", "--", *psql, *words)

    def objects(self, folder: str) -> list[str]:
        """The files in a folder of the bucket, as they lie on the server."""
        bucket = f"/data/{BUCKET}"
        return self.kubectl("exec", "s3", "--", "find", bucket, "-type", "f", "-path", f"{bucket}/{folder}/*").split()

    def database_url(self, database: str) -> str:
        """The URL of a database."""
        return f"postgres://postgres:{PASSWORD}@{self.address('postgres')}:5432/{database}"

    def address(self, service: str) -> str:
        """The address of a Service."""
        return str(self.kubectl.get(f"service/{service}")["spec"]["clusterIP"])

    def serve_nobody(self, service: str) -> None:
        """Makes a Service of the S3 server's port that leads nowhere, until `serve_s3` is told of it."""
        self.kubectl.apply(_service(service, 7070, app="nobody"))

    def serve_s3(self, service: str) -> None:
        """Lets a Service lead to the S3 server."""
        self.kubectl.apply(_service(service, 7070, app="s3"))


def rclone_env(address: str) -> list[Mapping[str, Any]]:
    """The variables that define the remote `s3:` at this address; its keys come from the Secret `s3`."""
    plain = {"TYPE": "s3", "PROVIDER": "Other", "ENDPOINT": f"http://{address}:7070"}
    secret = {"ACCESS_KEY_ID": "key", "SECRET_ACCESS_KEY": "secret"}
    return [
        *({"name": f"RCLONE_CONFIG_S3_{name}", "value": value} for name, value in plain.items()),
        *(
            {"name": f"RCLONE_CONFIG_S3_{name}", "valueFrom": {"secretKeyRef": {"name": "s3", "key": key}}}
            for name, key in secret.items()
        ),
    ]


def secret(name: str, **values: str) -> Object:
    """A Secret."""
    return {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}, "stringData": values}


@contextmanager
def start_servers(cluster: Cluster) -> Iterator[Servers]:
    """The servers, for as long as needed. Brings the image under test to the nodes too."""
    postgres, gateway, tested = image("postgres", "17"), image("versitygw", "1.8"), sidecar()
    cluster.load((postgres, gateway, tested))
    namespace = f"servers-{uuid.uuid4().hex[:8]}"
    kubectl = cluster.kubectl.within(namespace)
    kubectl("create", "namespace", namespace)
    try:
        servers = Servers(kubectl, tested, cluster.pull_policy)
        kubectl.apply(
            secret("s3", key=KEY, secret=SECRET, password=PASSWORD),
            _pod(servers, "postgres", postgres, 5432, env=[_from_secret("POSTGRES_PASSWORD", "password")]),
            _service("postgres", 5432, app="postgres"),
            _pod(
                servers,
                "s3",
                gateway,
                7070,
                env=[_from_secret("ROOT_ACCESS_KEY", "key"), _from_secret("ROOT_SECRET_KEY", "secret")],
                args=["--port", ":7070", "posix", "/data"],
                volumeMounts=[{"name": "data", "mountPath": "/data"}],
            ),
            _service("s3", 7070, app="s3"),
        )
        kubectl.wait("pod/postgres", "condition=Ready")
        kubectl.wait("pod/s3", "condition=Ready")
        _make_bucket(servers)
        yield servers
    finally:
        kubectl.run("delete", "namespace", namespace, "--wait=false")


def _make_bucket(servers: Servers) -> None:
    container = {
        "name": "rclone",
        "image": servers.sidecar,
        "imagePullPolicy": servers.pull_policy,
        "command": ["rclone", "mkdir", "--config=/dev/null", f"s3:{BUCKET}"],
        "env": rclone_env(servers.address("s3")),
    }
    spec = {"restartPolicy": "OnFailure", "containers": [container]}
    servers.kubectl.apply({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "bucket"}, "spec": spec})
    servers.kubectl.wait("pod/bucket", "jsonpath={.status.phase}=Succeeded")


def _pod(servers: Servers, name: str, image: str, port: int, **container: Any) -> Object:
    container = {
        "name": name,
        "image": image,
        "imagePullPolicy": servers.pull_policy,
        "readinessProbe": {"tcpSocket": {"port": port}, "periodSeconds": 1},
        **container,
    }
    spec = {"containers": [container], "volumes": [{"name": "data", "emptyDir": {}}]}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "labels": {"app": name}}, "spec": spec}


def _service(name: str, port: int, app: str) -> Object:
    spec = {"selector": {"app": app}, "ports": [{"port": port}]}
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name}, "spec": spec}


def _from_secret(variable: str, key: str) -> Object:
    return {"name": variable, "valueFrom": {"secretKeyRef": {"name": "s3", "key": key}}}
