"""kubectl, and what the tests ask it."""

import json
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

Object = dict[str, Any]

PATIENCE = 240
"""Seconds that anything in the cluster may take, on a machine that has other things to do."""


@dataclass(frozen=True, slots=True)
class Kubectl:
    """Talks to one namespace of a cluster."""

    program: str
    kubeconfig: Path
    namespace: str = "default"

    def within(self, namespace: str) -> "Kubectl":
        """The same for another namespace."""
        return replace(self, namespace=namespace)

    def run(self, *arguments: str, stdin: str = "") -> "subprocess.CompletedProcess[str]":
        """Runs kubectl to its end, whatever that is."""
        command = [self.program, f"--kubeconfig={self.kubeconfig}", f"--namespace={self.namespace}", *arguments]
        return subprocess.run(command, input=stdin, capture_output=True, text=True, timeout=PATIENCE + 60, check=False)

    def __call__(self, *arguments: str, stdin: str = "") -> str:
        """Returns the output of kubectl. Fails the test, with the events of the namespace, when kubectl fails."""
        done = self.run(*arguments, stdin=stdin)
        assert done.returncode == 0, f"kubectl {' '.join(arguments)}: {done.stderr}\n{self.story()}"
        return done.stdout

    def apply(self, *objects: Mapping[str, Any]) -> None:
        """Makes these objects, or makes them so."""
        self("apply", "--filename=-", stdin=json.dumps({"apiVersion": "v1", "kind": "List", "items": objects}))

    def get(self, what: str) -> Object:
        """An object, like `job/now`."""
        found: Object = json.loads(self("get", what, "--output=json"))
        return found

    def all(self, kind: str, selector: str = "") -> list[Object]:
        """The objects of a kind, those with these labels."""
        found: list[Object] = json.loads(self("get", kind, f"--selector={selector}", "--output=json"))["items"]
        return found

    def wait(self, what: str, condition: str) -> None:
        """Returns once an object is as `kubectl wait` says: `condition=Complete`, `jsonpath=…`."""
        self("wait", what, f"--for={condition}", f"--timeout={PATIENCE}s")

    def names(self, kinds: str) -> set[str]:
        """The names of all objects of these kinds, like `job.batch/now`."""
        return set(self("get", kinds, "--output=name").split())

    def until[T](self, ask: Callable[[], T], what: str) -> T:
        """Asks until the answer is true, and returns it; for what `kubectl wait` has no words for."""
        deadline = time.monotonic() + PATIENCE
        while not (answer := ask()):
            assert time.monotonic() < deadline, f"{what}: not after {PATIENCE} s\n{self.story()}"
            time.sleep(0.5)
        return answer

    def story(self) -> str:
        """Returns the events of the namespace, for the report of a failed test."""
        said = [self.run("get", "pods,jobs", "--output=wide").stdout]
        said.append(self.run("get", "events", "--sort-by=.lastTimestamp").stdout)
        for pod in self.run("get", "pods", "--output=name").stdout.split():
            said += [f"-- {pod}", self.run("logs", pod, "--all-containers", "--tail=30").stdout]
        return "\n".join(said)
