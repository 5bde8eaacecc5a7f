"""Masks secrets in messages, logs and reports.

The modules that write a secret in other forms are imported when there is a text to mask: helper programs start without
them, 10 ms earlier.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache

_HIDDEN = "***"
_NAMES = re.compile(r"PASS|SECRET|TOKEN|KEY|CREDENTIAL|AUTH|DSN", re.IGNORECASE)
_URL_PASSWORD = re.compile(r"(\w://[^\s:/@]*:)[^\s/@]+(@)")
_CREDENTIALS = re.compile(r"(\b(?:basic|bearer)\s+)[\w+/.~-]{8,}=*", re.IGNORECASE)
# Possible words or names of a project, user or database; and strings too short to be certainly secret.
_WORD = re.compile(r"[a-z]+(?:[_.][a-z]+)*|.{,5}", re.IGNORECASE | re.DOTALL)
# Prefix after which such a word can only be the secret: a name such as password.
_VALUE = (
    r"((?:pass|secret|token|key|credential|auth|dsn)[\w-]*[\"']?\s*[=:]+\s*[\"']?"
    r"|(?:password|secret|token)s?\s+[\"']?)"
)
# Schemes of URLs whose path is a database's name, not a token.
_DATABASE = re.compile(r"(?:postg|pgsql|timescale|cockroach|redshift|mysql|maria|mongo|sqlite|spatialite|oracle|mssql)")


def looks_secret(name: str) -> bool:
    """Returns whether a variable, flag or option with this name usually holds a secret."""
    return bool(_NAMES.search(name))


def secret_values(env: Mapping[str, str]) -> list[str]:
    """Returns the values of variables that are secret by their name, and URLs with a password.

    Skips names in ``…_FILE``: they hold the path of a secret, which messages must be able to show.
    """
    return [
        value
        for name, value in env.items()
        if (looks_secret(name) and not name.upper().endswith("_FILE")) or _URL_PASSWORD.search(value)
    ]


def mask(text: str, secrets: Iterable[str] = ()) -> str:
    """Returns ``text`` with every secret, and every password inside a URL, replaced by ``***``.

    Finds a secret in every form: plain, percent-encoded, escaped, in Base64, and the parts of a URL that is a secret.
    A secret that could be an ordinary word is replaced only as a value (``password=app``): a password equal to the
    project's name must not mask every mention of the project.
    """
    everywhere, values = _patterns(tuple(sorted({secret for secret in secrets if secret})))
    if everywhere:
        text = everywhere.sub(_HIDDEN, text)
    if values:
        text = values.sub(rf"\1{_HIDDEN}", text)
    text = _CREDENTIALS.sub(rf"\1{_HIDDEN}", text)
    return _URL_PASSWORD.sub(rf"\1{_HIDDEN}\2", text)


@lru_cache(maxsize=128)
def _patterns(secrets: tuple[str, ...]) -> tuple[re.Pattern[str] | None, re.Pattern[str] | None]:
    """Returns a pattern of secrets to mask anywhere, and one of word-like secrets to mask only as values."""
    found = {part for secret in secrets for part in _parts(secret)}
    words = {part for part in found if _WORD.fullmatch(part)}
    forms = {form for part in found - words for form in _forms(part) if len(form) > 5}
    everywhere = re.compile("|".join(map(re.escape, _longest_first(forms)))) if forms else None
    if not words:
        return everywhere, None
    alternatives = "|".join(map(re.escape, _longest_first(words)))
    return everywhere, re.compile(rf"{_VALUE}(?:{alternatives})(?!\w)", re.IGNORECASE)


def _longest_first(texts: Iterable[str]) -> list[str]:
    return sorted(texts, key=lambda text: (-len(text), text))


def _parts(secret: str) -> Iterator[str]:
    """Yields a secret, its longer lines, and the secret parts of each URL in it."""
    yield secret
    for line in secret.split("\n"):
        if len(line) > 11:
            yield line.strip()
    for url in secret.split():
        scheme, separator, rest = url.partition("://")
        if separator:
            yield url
            yield from _parts_of_url(scheme.lower(), rest)


def _parts_of_url(scheme: str, rest: str) -> Iterator[str]:
    from urllib.parse import unquote  # noqa: PLC0415 - see above

    # An unescaped slash in a password ends the host for a URL parser, but the user meant it as part of the password.
    userinfo, at, after = rest.rpartition("@")
    user, _, password = userinfo.partition(":")
    yield from {password, unquote(password)} - {""}
    authority, _, path = after.partition("/")
    path, _, query = (path if at or "?" not in authority else authority + "/" + path).partition("?")
    for pair in re.split("[&;]", query):
        name, _, value = pair.partition("=")
        if looks_secret(name) or not _DATABASE.match(scheme):
            yield from _tokens(value)
    if _DATABASE.match(scheme):
        return
    yield from _tokens(user)
    if not scheme.startswith("http"):  # a service's scheme (slack://TOKEN/…): the first part is not a host
        yield from _tokens(authority if "." not in authority else "")
    for segment in path.split("/"):
        yield from _tokens(segment)


def _tokens(text: str) -> Iterator[str]:
    """Yields a part of a URL, plain and decoded, unless it is short or looks like a word."""
    from urllib.parse import unquote_plus  # noqa: PLC0415 - see above

    for form in {text, unquote_plus(text)}:
        if len(form) >= 8 and not _WORD.fullmatch(form):
            yield form


def _forms(secret: str) -> Iterator[str]:
    """Yields every form in which programs write a string."""
    import base64  # noqa: PLC0415 - see above
    import html  # noqa: PLC0415
    import json  # noqa: PLC0415
    from urllib.parse import quote, quote_plus  # noqa: PLC0415

    raw = secret.encode(errors="surrogateescape")
    yield secret
    for encoded in (quote(raw, safe=""), quote(raw), quote_plus(raw), quote(raw, safe="!$&'()*+,;=:~-._")):
        yield encoded
        yield re.sub("%[0-9A-F]{2}", lambda match: match[0].lower(), encoded)
    escaped = (
        repr(secret)[1:-1],
        repr(raw)[2:-1],
        json.dumps(secret)[1:-1],
        json.dumps(secret, ensure_ascii=False)[1:-1],
    )
    yield from escaped
    yield from (json.dumps(one)[1:-1] for one in escaped)
    yield from (
        html.escape(secret),
        secret.replace("'", "'\"'\"'"),
        secret.replace("'", "''"),
        secret.replace("'", "\\'"),
    )
    for offset in range(3):
        # After a user's name the secret begins anywhere in a group of three bytes: only whole groups hold it alone.
        whole = base64.b64encode(b"\0" * offset + raw).decode()[(0, 2, 3)[offset] :]
        shared = 0 if (offset + len(raw)) % 3 == 0 else len(whole) - len(whole.rstrip("=")) + 1
        for form in (whole, whole[: len(whole) - shared]):  # at the end of the encoded string, or followed by more
            if len(form) >= 8:
                yield form
                yield form.translate(str.maketrans("+/", "-_"))
