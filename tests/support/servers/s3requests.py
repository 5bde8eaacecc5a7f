"""Signed requests to an S3 server, for what rclone does not do: buckets with policies, versions and locks."""

import hashlib
import hmac
from base64 import b64encode
from datetime import UTC, datetime
from http.client import HTTPConnection

_REGION = "us-east-1"


class Refused(Exception):
    """The server answered with an error."""


def send(address: str, user: tuple[str, str], method: str, path: str, body: bytes = b"", **headers: str) -> str:
    """Sends a request signed by a user (key and secret) and returns the answer. Raises Refused.

    ``path`` may end with a sub-resource, as in ``/bucket?policy`` and ``/bucket/key?versionId=1``. Underscores in names
    of headers are hyphens.
    Source: docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
    """
    now = datetime.now(UTC)
    scope = f"{now:%Y%m%d}/{_REGION}/s3/aws4_request"
    digest = hashlib.sha256(body).hexdigest()
    signed = {
        **{name.replace("_", "-"): value for name, value in headers.items()},
        "content-md5": b64encode(hashlib.md5(body, usedforsecurity=False).digest()).decode(),
        "host": address,
        "x-amz-content-sha256": digest,
        "x-amz-date": f"{now:%Y%m%dT%H%M%SZ}",
    }
    names = ";".join(sorted(signed))
    resource, _, query = path.partition("?")
    if query and "=" not in query:
        query += "="
    lines = [f"{name}:{signed[name]}" for name in sorted(signed)]
    canonical = "\n".join((method, resource, query, *lines, "", names, digest))
    hashed = hashlib.sha256(canonical.encode()).hexdigest()
    key = f"AWS4{user[1]}".encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    to_sign = "\n".join(("AWS4-HMAC-SHA256", signed["x-amz-date"], scope, hashed))
    signature = hmac.digest(key, to_sign.encode(), "sha256").hex()
    signed["authorization"] = (
        f"AWS4-HMAC-SHA256 Credential={user[0]}/{scope}, SignedHeaders={names}, Signature={signature}"
    )
    connection = HTTPConnection(address, timeout=30)
    try:
        connection.request(method, path, body, signed)
        answer = connection.getresponse()
        text = answer.read().decode()
    finally:
        connection.close()
    if answer.status >= 300:
        raise Refused(f"{method} {path}: {answer.status} {text}")
    return text
