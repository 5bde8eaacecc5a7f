"""A site that is backed up: a namespace under Pod Security `restricted`, a database, and a release of the chart."""

import json
import subprocess
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tests.chart.helm import program as helm_program
from tests.chart.values import CHART
from tests.cluster.clusters import Cluster
from tests.cluster.kubectl import PATIENCE, Kubectl
from tests.cluster.servers import BUCKET, KEY, SECRET, Servers, rclone_env, secret

RELEASE = "site-backup"
NAME = f"{RELEASE}-django-rclone"
"""Names of the chart's objects."""
YEARLY = "0 0 1 1 *"
"""A schedule that comes due in no test."""

_RESTRICTED = {f"pod-security.kubernetes.io/{mode}": "restricted" for mode in ("enforce", "warn", "audit")}
# Enough of everything that a restore could lose.
_TABLES = (
    "CREATE TABLE author (id serial PRIMARY KEY, name text NOT NULL UNIQUE)",
    "CREATE TABLE book (id serial PRIMARY KEY, author int NOT NULL REFERENCES author, title text, pages int)",
    "CREATE INDEX book_title ON book (title)",
    "CREATE VIEW thick AS SELECT title FROM book WHERE pages > 400",
    "INSERT INTO author (name) SELECT 'author ' || n FROM generate_series(1, 50) n",
    "INSERT INTO book (author, title, pages) SELECT 1 + n % 50, md5(n::text), n % 900 FROM generate_series(1, 5000) n",
)
_FINGERPRINT = """
SELECT (SELECT md5(string_agg(author::text, E'\\n' ORDER BY id)) FROM author),
       (SELECT md5(string_agg(book::text, E'\\n' ORDER BY id)) FROM book),
       (SELECT count(*) FROM thick),
       (SELECT string_agg(relname, ',' ORDER BY relname) FROM pg_class WHERE relnamespace = 'public'::regnamespace)
"""


@dataclass(frozen=True, slots=True)
class Site:
    """One site. Nothing of the chart is installed yet."""

    name: str
    """Of the namespace, the database and the folder in the bucket."""
    kubectl: Kubectl
    servers: Servers
    home: Path
    """Folder of the values files."""

    def install(self, **values: Any) -> None:
        """Installs the chart with these values over what every test needs."""
        self._helm("install", RELEASE, CHART, "--values", self._file({**self._values(), **values}))

    def upgrade(self, *values: str) -> None:
        """Changes values: `suspend=true`."""
        changes = [word for value in values for word in ("--set", value)]
        self._helm("upgrade", RELEASE, CHART, "--reset-then-reuse-values", *changes)

    def doctor(self) -> str:
        """Returns the output of `helm test`."""
        return self._helm("test", RELEASE, f"--timeout={PATIENCE}s")

    def uninstall(self) -> None:
        """Uninstalls the release."""
        self._helm("uninstall", RELEASE, "--wait", f"--timeout={PATIENCE}s")

    def start_now(self, job: str = "now") -> None:
        """Starts a backup by hand, as NOTES.txt says."""
        self.kubectl("create", "job", f"--from=cronjob/{NAME}", job)

    def run(self, *arguments: str) -> str:
        """Returns the output of a verb in a separate pod, which is the CronJob's but for the verb."""
        template = self.kubectl.get(f"cronjob/{NAME}")["spec"]["jobTemplate"]["spec"]["template"]
        pod = f"verb-{uuid.uuid4().hex[:8]}"
        template["spec"]["containers"][0]["args"] = list(arguments)
        self.kubectl.apply({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": pod}, "spec": template["spec"]})
        self.kubectl.wait(f"pod/{pod}", "jsonpath={.status.phase}=Succeeded")
        said = self.kubectl("logs", pod)
        self.kubectl("delete", "pod", pod)
        return said

    def backups(self) -> list[dict[str, Any]]:
        """The backups that a pod lists."""
        said = "\n" + self.run("list", "--json")
        # The cluster mixes what is printed with what is logged, which begins no line like this.
        found: list[dict[str, Any]] = json.JSONDecoder().raw_decode(said, said.index("\n[") + 1)[0]
        return found

    def fill(self) -> str:
        """Puts something into the database and returns its fingerprint."""
        self.servers.sql(self.name, *_TABLES)
        return self.fingerprint()

    def destroy(self) -> None:
        """Loses everything in the database, and leaves something else there."""
        self.servers.sql(self.name, "DROP SCHEMA public CASCADE", "CREATE SCHEMA public", "CREATE TABLE since (id int)")

    def fingerprint(self) -> str:
        """Tells the contents of the database, and the names of its tables, from any others."""
        return self.servers.sql(self.name, _FINGERPRINT)

    def stored(self) -> list[str]:
        """Returns the paths in the site's folder of the bucket."""
        return self.servers.objects(self.name)

    def _values(self) -> dict[str, Any]:
        repository, _, tag = self.servers.sidecar.rpartition(":")
        return {
            "image": {"repository": repository, "tag": tag, "pullPolicy": self.servers.pull_policy},
            "remote": f"s3:{BUCKET}/{self.name}",
            "project": self.name,
            "timeZone": "Etc/UTC",
            "schedule": YEARLY,
            "databaseUrl": {"existingSecret": "site"},
            "rclone": {"env": rclone_env(self.servers.address("s3"))},
            "log": {"format": "text"},
            # Two cores are shared by many a pod.
            "resources": {"requests": {"cpu": "10m", "memory": "128Mi"}, "limits": {"cpu": "2", "memory": "512Mi"}},
        }

    def _file(self, values: Mapping[str, Any]) -> Path:
        path = self.home / "values.yaml"
        path.write_text(yaml.safe_dump(values))
        return path

    def _helm(self, *arguments: "str | Path") -> str:
        place = [f"--kubeconfig={self.kubectl.kubeconfig}", f"--namespace={self.name}"]
        done = subprocess.run(
            [helm_program(), *arguments, *place], capture_output=True, text=True, timeout=PATIENCE + 60, check=False
        )
        assert done.returncode == 0, f"helm {arguments[0]}: {done.stderr}\n{done.stdout}\n{self.kubectl.story()}"
        # Warnings are of what Pod Security does not let in.
        assert "would violate" not in done.stderr, done.stderr
        # What the pods of hooks say is among what Helm logs.
        return done.stdout + done.stderr


@contextmanager
def a_site(cluster: Cluster, servers: Servers, home: Path) -> Iterator[Site]:
    """A site with an empty database, for as long as needed."""
    name = f"site-{uuid.uuid4().hex[:8]}"
    kubectl = cluster.kubectl.within(name)
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": _RESTRICTED}}
    kubectl.apply(namespace)
    try:
        servers.sql("postgres", f'CREATE DATABASE "{name}"')
        kubectl.apply(
            secret("site", DATABASE_URL=servers.database_url(name)),
            secret("s3", key=KEY, secret=SECRET),
        )
        # The cluster puts these into every namespace, in its own time.
        kubectl.wait("serviceaccount/default", "create")
        kubectl.wait("configmap/kube-root-ca.crt", "create")
        yield Site(name, kubectl, servers, home)
    finally:
        kubectl.run("delete", "namespace", name, "--wait=false")
