"""The TLS options of Django's settings, translated for the client programs of MySQL and MariaDB. Pure.

mysqlclient, PyMySQL and MySQL's own driver have different spellings. A setting that asks for TLS is never ignored: a
server without TLS is refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

REQUIRED = frozenset({"REQUIRED", "VERIFY_CA", "VERIFY_IDENTITY"})
"""The modes that require TLS."""
_MODES = REQUIRED | {"DISABLED", "PREFERRED"}
_FILES = {"ca": "ssl-ca", "capath": "ssl-capath", "cert": "ssl-cert", "key": "ssl-key", "cipher": "ssl-cipher"}
_ALIASES = {"sslmode": "ssl_mode", **dict.fromkeys(("tls", "use_ssl", "usessl", "use_tls", "usetls"), "ssl")}
_KNOWN = frozenset(
    ["ssl", "ssl_mode", "ssl_disabled", "ssl_verify_cert", "ssl_verify_identity", "tls_versions"]
    + [f"ssl_{key}" for key in _FILES]
)
_VERIFIES = ("required", "cert_required", "1", "2", "true")
_YES = ("1", "true", "yes", "on")
_NO = ("0", "false", "no", "off", "none", "")


def of_settings(options: Mapping[str, Any]) -> dict[str, str]:
    """Returns the clients' options for OPTIONS. Raises ValueError with a message for those that are not valid."""
    given = {_canonical(key): value for key, value in options.items() if value is not None}
    if unknown := sorted(key for key in given if ("ssl" in key or "tls" in key) and key not in _KNOWN):
        raise ValueError(
            f"the option {unknown[0]} looks like a TLS option, but is unknown. Use ssl_mode or ssl instead"
        )
    nested, asks_for_tls = _nested(given.get("ssl"))
    found = {name: str(value) for key, name in _FILES.items() if (value := given.get(f"ssl_{key}", nested.get(key)))}
    mode = _mode(given.get("ssl_mode") or nested.get("mode") or nested.get("ssl_mode") or "")
    disabled = _is_true("ssl_disabled", given.get("ssl_disabled"))
    if disabled and mode in REQUIRED:
        raise ValueError(f"ssl_disabled and ssl_mode {mode} contradict each other. Remove one of them")
    if not mode:
        mode = "DISABLED" if disabled else _implied(given, nested, asks_for_tls=asks_for_tls or bool(found))
    if versions := given.get("tls_versions"):
        found["tls-version"] = versions if isinstance(versions, str) else ",".join(map(str, versions))
    return {**found, **({"ssl-mode": mode} if mode else {})}


def of_file(options: Mapping[str, str]) -> dict[str, str]:
    """Returns the clients' options for an option file. Raises ValueError."""
    found = {key: value for key, value in options.items() if key not in _SWITCHES}
    mode = _mode(options.get("ssl-mode", ""))
    if mode:
        return {**found, "ssl-mode": mode}
    off = [_is_true(key, options.get(key)) for key in ("skip-ssl", "disable-ssl")]
    if any(off) or ("ssl" in options and not _is_true("ssl", options["ssl"])):
        mode = "DISABLED"
    elif _is_true("ssl-verify-server-cert", options.get("ssl-verify-server-cert")):
        mode = "VERIFY_IDENTITY"
    elif "ssl" in options or "enable-ssl" in options or any(name in found for name in _CA):
        mode = "REQUIRED"
    return {**found, **({"ssl-mode": mode} if mode else {})}


_SWITCHES = ("ssl", "skip-ssl", "disable-ssl", "enable-ssl", "ssl-mode", "ssl-verify-server-cert")
_CA = ("ssl-ca", "ssl-capath", "ssl-cert", "ssl-key")


def for_mariadb(tls: Mapping[str, str]) -> dict[str, str]:
    """Returns the same options for MariaDB's clients, which have no ssl-mode. Since 11.4 they verify the certificate by
    default; drivers and MySQL's clients do not."""
    known = {key: value for key, value in tls.items() if key != "ssl-mode"}
    mode = tls.get("ssl-mode", "")
    if mode == "DISABLED":
        return {**known, "ssl": "0", "ssl-verify-server-cert": "0"}
    verify = str(int(mode.startswith("VERIFY")))
    return {**known, **({"ssl": "1"} if mode in REQUIRED else {}), "ssl-verify-server-cert": verify}


def _canonical(key: str) -> str:
    """Returns a key with underscores: URLs and option files have dashes."""
    plain = str(key).lower().replace("-", "_")
    return _ALIASES.get(plain, plain)


def _nested(value: Any) -> tuple[Mapping[str, Any], bool]:
    """Returns the contents of ``ssl``, and whether it asks for TLS."""
    if isinstance(value, Mapping):
        # Any key switches it on: {"fake_flag_to_enable_tls": True} is in the manuals of cloud providers.
        inner = {_canonical(key).removeprefix("ssl_"): entry for key, entry in value.items() if entry is not None}
        return inner, bool(inner)
    if value is None or isinstance(value, str | bool | int):
        return {}, _is_true("ssl", value)
    return {}, True  # an ssl.SSLContext, whose certificates cannot be read from it


def _implied(given: Mapping[str, Any], nested: Mapping[str, Any], *, asks_for_tls: bool) -> str:
    identity = (given.get("ssl_verify_identity"), nested.get("check_hostname"), nested.get("verify_identity"))
    if any(_is_true("ssl_verify_identity", value) for value in identity):
        return "VERIFY_IDENTITY"
    verify = (given.get("ssl_verify_cert"), nested.get("verify_mode"), nested.get("verify_cert"))
    if any(value is not None and _normalized(value) in _VERIFIES for value in verify):
        return "VERIFY_CA"
    return "REQUIRED" if asks_for_tls else ""


def _normalized(value: Any) -> str:
    return str(getattr(value, "value", value)).strip().lower()


def _mode(value: Any) -> str:
    mode = str(value).strip().upper().replace("-", "_")
    if mode and mode not in _MODES:
        raise ValueError(f"ssl_mode {mode} is not known. Known: {', '.join(sorted(_MODES))}")
    return mode


def _is_true(name: str, value: Any) -> bool:
    word = "" if value is None else _normalized(value)
    if word in _YES or word in _NO:
        return word in _YES
    raise ValueError(f"{name} is neither true nor false")
