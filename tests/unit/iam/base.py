"""The backend: Django's own, but for what it connects with."""

from typing import Any

from django.db.backends.postgresql import base


class DatabaseWrapper(base.DatabaseWrapper):
    def get_connection_params(self) -> dict[str, Any]:
        params = super().get_connection_params()
        if not params.pop("use_iam_auth", False):
            raise RuntimeError("no credentials")
        return params | {"password": "t0ken-of-the-cloud", "host": "real.example", "port": 6432, "sslmode": "require"}
