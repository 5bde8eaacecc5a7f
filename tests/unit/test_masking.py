"""Secrets are found in every form, and words that are none stay."""

from __future__ import annotations

import base64
import html
import json
import shlex
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from django_rclone.masking import looks_secret, mask, secret_values

SECRET = "p@ss/w%rd 'ü\"1"
FORMS = {
    "as it is": SECRET,
    "quote": quote(SECRET),
    "quote of all": quote(SECRET, safe=""),
    "quote_plus": quote_plus(SECRET),
    "lower-case hex": quote(SECRET, safe="").lower(),
    "repr": repr(SECRET),
    "repr of bytes": repr(SECRET.encode()),
    "JSON": json.dumps(SECRET),
    "JSON in UTF-8": json.dumps(SECRET, ensure_ascii=False),
    "repr in JSON": json.dumps({"error": repr(SECRET)}),
    "HTML": html.escape(SECRET),
    "shell": shlex.quote(SECRET),
    "SQL": SECRET.replace("'", "''"),
    "Base64": base64.b64encode(SECRET.encode()).decode(),
    "Authorization": "Basic " + base64.b64encode(f"me:{SECRET}".encode()).decode(),
    "Base64 behind a name": base64.b64encode(f"user:{SECRET}".encode()).decode(),
    "URL-safe Base64": base64.urlsafe_b64encode(f"some:{SECRET}".encode()).decode(),
}


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_a_secret_is_masked_in_every_form(form: str) -> None:
    masked = mask(f"before {form} behind", [SECRET])
    assert "***" in masked
    assert masked.startswith("before ")
    assert masked.endswith(" behind")
    for piece in ("ss/w", "ss%2", "w%r", "rd", base64.b64encode(SECRET.encode()).decode()[4:12]):
        assert piece not in masked


@given(st.text(min_size=8), st.text(alphabet="abc:", max_size=5))
def test_what_is_encoded_with_a_secret_in_it_does_not_hold_it(secret: str, before: str) -> None:
    secret += "0"
    for encoded in (quote(secret, safe=""), json.dumps(secret), secret):
        assert secret not in mask(f"{before}{encoded} ", [secret])


@pytest.mark.parametrize(
    ("url", "message", "masked"),
    [
        ("postgres://app:2024/S3cretPart@db:5432/app", "no such host: 2024/S3cretPart@db", "no such host: ***@db"),
        ("postgres://app:p%40ss9word@db/app", "password p@ss9word of app", "password *** of app"),
        ("https://hc-ping.com/0f1e2d3c-4444-aaaa", "GET /0f1e2d3c-4444-aaaa/fail", "GET /***/fail"),
        ("http://kuma/api/push/Zz9TokenAbc?msg=OK", "404: /api/push/Zz9TokenAbc", "404: /api/push/***"),
        ("https://push.example/metrics?access=4f9a8b7c6d", "access=4f9a8b7c6d /metrics", "access=*** /metrics"),
        ("slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ", "no TIiajkdnlazkcOXrIdevi7FQ", "no ***"),
        ("https://0a1b2c3d4e@sentry.example/7", "key 0a1b2c3d4e", "key ***"),
    ],
)
def test_what_is_secret_in_a_url_is_masked_without_it_too(url: str, message: str, masked: str) -> None:
    assert mask(message, [url]) == masked
    assert mask(f"<{url}>", [url]) == "<***>"


def test_a_host_and_a_databases_name_are_no_secrets() -> None:
    url = "postgres://app:S3cretPart@db.example.org:5432/customers_2024"
    message = "connection to db.example.org:5432, database customers_2024, user app"
    assert mask(message, [url]) == message


@pytest.mark.parametrize("word", ["app", "GET", "greatshop", "great_shop", "postgres", "on", "shop1"])
def test_a_word_is_masked_only_where_it_stands_as_a_value(word: str) -> None:
    message = f'Database "{word}" on {word}@db/{word} (from {word}.settings, TAR{word}_JSON_FILE): no {word}'
    assert mask(message, [word]) == message
    for name in ("password=", "PGPASSWORD: ", '"password": "', "--token=", "password ", "SECRET_KEY = '"):
        assert mask(f"{name}{word}; more", [word]) == f"{name}***; more"


def test_unknown_credentials_are_masked_where_their_form_tells() -> None:
    assert mask("redis://:hunter@cache/0 and x://u:p@h") == "redis://:***@cache/0 and x://u:***@h"
    assert mask("Authorization: Bearer abcdef123456") == "Authorization: Bearer ***"


def test_a_url_with_a_password_is_a_secret_whatever_its_variables_name() -> None:
    env = {"CACHE": "redis://:hunter22@cache/0", "SECRET_FILE": "/run/x", "API_TOKEN": "t0ken-t0ken", "PLACE": "here"}
    assert secret_values(env) == ["redis://:hunter22@cache/0", "t0ken-t0ken"]


@given(secret=st.text("abc012:@/", min_size=5).map("{}0".format), before=st.text("xyz ./:"), after=st.text("xyz ./@"))
def test_a_known_secret_is_masked_wherever_it_stands(secret: str, before: str, after: str) -> None:
    masked = mask(before + secret + after, ["another", secret])
    assert secret not in masked
    assert "***" in masked


def test_the_longer_of_two_secrets_is_masked_whole() -> None:
    assert mask("hunter2000", ["hunter2", "hunter2000"]) == "***"


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("postgres://user:hunter2@host/db", "postgres://user:***@host/db"),
        ("at https://:hunter2@host, then", "at https://:***@host, then"),
        ("https://host:8080/a@b", "https://host:8080/a@b"),
        ("https://user@host", "https://user@host"),
        ("12:30 a@b", "12:30 a@b"),
    ],
)
def test_passwords_in_addresses_are_masked(text: str, masked: str) -> None:
    assert mask(text) == masked


def test_very_short_values_are_no_secrets_worth_spoiling_the_text_for() -> None:
    assert mask("a cat", ["a", "", "at"]) == "a cat"


@pytest.mark.parametrize("name", ["PGPASSWORD", "RCLONE_CONFIG_PASS", "aws_secret_access_key", "--drive-token", "DSN"])
def test_names_of_secrets_are_known(name: str) -> None:
    assert looks_secret(name)
    assert secret_values({name: "hunter2", "HOME": "/root"}) == ["hunter2"]


def test_the_path_of_a_secret_is_none() -> None:
    assert secret_values({"BACKUP_ENCRYPTION_PASSWORD_FILE": "/run/secrets/backup"}) == []


@pytest.mark.parametrize("name", ["PATH", "PGHOST", "--bwlimit", "LANG"])
def test_other_names_are_not(name: str) -> None:
    assert not looks_secret(name)
