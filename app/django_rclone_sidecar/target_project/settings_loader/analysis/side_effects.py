"""Calls and imports of missing packages that are made for their side effect: they may set environment variables."""

from __future__ import annotations

import ast
import re
import sys
from pathlib import Path

from django_rclone_sidecar.target_project.settings_loader.analysis import try_blocks
from django_rclone_sidecar.target_project.settings_loader.analysis.expressions import root
from django_rclone_sidecar.target_project.settings_loader.trace import Location, Taint
from django_rclone_sidecar.target_project.settings_loader.unknowns.stub import Stub
from django_rclone_sidecar.target_project.settings_loader.unknowns.stub_module import StubModule

_HARMLESS_PACKAGES = frozenset(
    (
        # monitoring and debugging
        *(
            "sentry_sdk",
            "raven",
            "newrelic",
            "ddtrace",
            "opentelemetry",
            "elasticapm",
            "rollbar",
            "bugsnag",
            "honeybadger",
        ),
        *("scout_apm", "logfire", "structlog", "loguru", "colorlog", "coloredlogs", "pyroscope", "prometheus_client"),
        *("posthog", "mixpanel", "analytics", "datadog", "statsd", "beeline", "appsignal", "googlecloudprofiler"),
        *("debugpy", "ptvsd", "pydevd", "pydevd_pycharm", "icecream", "rich", "faulthandler", "memray"),
        # replace or patch another module
        *("pymysql", "MySQLdb", "psycopg2", "psycopg2cffi", "psycopg", "pysqlite3", "gevent", "psycogreen", "eventlet"),
        *("nest_asyncio", "uvloop", "truststore", "certifi", "urllib3", "requests", "ssl", "monkeypatch", "OpenSSL"),
        *("django_stubs_ext", "typeguard", "beartype", "jaxtyping", "six", "future", "past", "celery", "kombu"),
        # take a key or a format
        *("stripe", "braintree", "paypalrestsdk", "cloudinary", "firebase_admin", "twilio", "openai", "googlemaps"),
        *("ldap", "pillow_heif", "PIL", "pillow_avif", "reportlab", "matplotlib", "numpy", "pandas", "nltk", "spacy"),
        *("markdown", "bleach", "pytz", "moneyed", "phonenumbers", "factory", "faker", "model_bakery", "moviepy"),
        *("oscar", "wagtail", "cms", "mptt", "rest_framework", "debug_toolbar", "silk", "axes", "django_hosts", "grpc"),
    )
)
_HARMLESS_CALLS = re.compile(
    r"(?:^|[._])(?:register|unregister|monkey_?patch|patch|patch_all|install_as|disable|enable|instrument|add_|append|"
    r"insert|filter|set_|inject_into_ssl|capture|warn|simplefilter|info|debug|error|warning|exception|log|connect|"
    r"update|autodiscover|config_from_object|mount|include|decorate|listen|start_http_server)"
)
_SECRETS = re.compile(r"env|secret|cred|vault|param")
_FOR_EFFECT = re.compile(
    r"(?:^|[._])(?:load|init|setup|set_up|configure|populate|inject|read|fetch|apply|boot|auto|export)"
)
_IMPORT_FOR_EFFECT = re.compile(
    r"env|vault|secret|auto|ssm|param|chamber|doppler|berglas|config|settings|boot|inject|preload|cred"
)


def calls_for_effect(taint: Taint, location: Location, used: set[str]) -> bool:
    """Returns whether a call of a stub may be made to set environment variables. ``used``: all names that are read."""
    call = taint.path.removeprefix(taint.package)
    last = call.rpartition(".")[2]
    if taint.package in _HARMLESS_PACKAGES or (_HARMLESS_CALLS.search(last) and not _SECRETS.search(last.lower())):
        return False
    statement = try_blocks.statement_at(location.file, location.line)
    if isinstance(statement, ast.Expr):
        return _is_unknown(root(statement.value), location)
    if isinstance(statement, ast.With | ast.AsyncWith):
        return True
    if isinstance(statement, ast.Assign):
        names = [target.id for target in statement.targets if isinstance(target, ast.Name)]
        unread = len(names) == len(statement.targets) and not any(name in used or name.isupper() for name in names)
        return unread and (names[0].startswith("_") or _FOR_EFFECT.search(call) is not None)
    return isinstance(statement, ast.If | ast.While | ast.Assert) and _FOR_EFFECT.search(call) is not None


def imports_for_effect(taint: Taint, location: Location) -> bool:
    """Returns whether an unused import may be made to set environment variables."""
    if taint.package in _HARMLESS_PACKAGES:
        return False
    lines = Path(location.file).read_text(errors="replace").splitlines()
    kept = "noqa" in lines[location.line - 1] if location.line <= len(lines) else False
    return kept or _IMPORT_FOR_EFFECT.search(taint.path.lower()) is not None


def _is_unknown(name: str, location: Location) -> bool:
    """Returns whether a stub itself is called, not a known function with a stub as argument."""
    if location.function != "<module>":
        return True
    value = vars(sys.modules.get(location.namespace, sys)).get(name)
    return value is None or type(value) in (Stub, StubModule)
