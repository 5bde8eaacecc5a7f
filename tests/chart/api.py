"""Part of a Kubernetes API: as much as Helm asks when a template looks an object up."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

_JOBS = {
    "kind": "APIResourceList",
    "groupVersion": "batch/v1",
    "resources": [{"name": "jobs", "singularName": "job", "namespaced": True, "kind": "Job", "verbs": ["get"]}],
}


@contextmanager
def serving(job: dict[str, Any] | None) -> Iterator[str]:
    """The address of an API in which every Job that is asked for is this one, or is not there."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found = job if "/jobs/" in self.path else _JOBS
            body = json.dumps(found or {"kind": "Status", "reason": "NotFound", "code": 404}).encode()
            self.send_response(200 if found else 404)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the library's name
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
