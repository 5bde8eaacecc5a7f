"""Failures of MongoDB's tools and our programs for it, and parts of the errors that users get for them.

Each case: program, exit code, stderr, class of the error, part of its message.
"""

from __future__ import annotations

from django_rclone.exceptions import (
    ConfigurationError,
    DjangoRcloneError,
    Locked,
    Unavailable,
    VerificationFailed,
)

NOW = "2026-11-24T22:11:35.558+0000\t"
SESSION = f"{NOW}Failed: can't create session: failed to connect to mongodb://app:***@h:1/?x=y: "
TOPOLOGY = "server selection error: server selection timeout, current topology: { Type: Single, Servers: [{ Addr: h:1"
CASES = [
    (
        "mongodump",
        1,
        f"{SESSION}{TOPOLOGY}, Last error: dial tcp: connect: connection refused }}",
        Unavailable,
        "refused",
    ),
    ("mongodump", 1, f"{SESSION}{TOPOLOGY}, Last error: EOF }}", Unavailable, "HOST and PORT"),
    ("mongodump", 1, f"{SESSION}connection() error: auth error: (AuthenticationFailed)", ConfigurationError, "AUTH_S"),
    (
        "mongodump",
        1,
        f"{SESSION}tls: failed to verify certificate: x509: unknown authority",
        ConfigurationError,
        "x509",
    ),
    (
        "mongodump",
        1,
        f"{NOW}Failed: error creating intents to dump: (Unauthorized) not authorized on shop to execute command",
        ConfigurationError,
        "role read on the database",
    ),
    ("mongodump", 1, f"{NOW}Failed: error writing data: broken pipe", Unavailable, "broken pipe"),
    ("mongodump", -9, "", DjangoRcloneError, "killed by signal 9"),
    (
        "mongorestore",
        1,
        f"{NOW}Failed: x: reading bson input: error demultiplexing archive; archive io error\n{NOW}3 document(s)",
        VerificationFailed,
        "Choose another one",
    ),
    (
        "mongorestore",
        1,
        f"{NOW}Failed: stream or file does not appear to be a mongodump archive\n{NOW}0 document(s)",
        VerificationFailed,
        "damaged",
    ),
    (
        "mongorestore",
        1,
        f"{NOW}Failed: shop.__rs_x_t: error restoring from archive on stdin: bulk write exception: [E11000]",
        DjangoRcloneError,
        "E11000",
    ),
    ("python", 1, "ConfigurationError: the database x exists already.", ConfigurationError, "exists already"),
    ("python", 1, "Locked: another restore of it is under way.", Locked, "under way"),
    (
        "python",
        1,
        "VerificationFailed: it ends within its list of collections",
        VerificationFailed,
        "the backup is damaged: it ends",
    ),
    (
        "python",
        1,
        "SwapInterrupted: not enough space",
        DjangoRcloneError,
        "the next command finishes",
    ),
    (
        "python",
        1,
        "pymongo.OperationFailure: Authentication failed. (code 18)",
        ConfigurationError,
        "failed (shop on h)",
    ),
    ("python", 1, "pymongo.OperationFailure: not authorized on shop (code 13)", ConfigurationError, "readWrite"),
    ("python", 1, "pymongo.OperationFailure: bad auth (code 8000)", ConfigurationError, "PASSWORD"),
    (
        "python",
        1,
        "pymongo.OperationFailure: something new (code 4711)",
        DjangoRcloneError,
        "something new (code 4711)",
    ),
    (
        "python",
        1,
        "pymongo.ServerSelectionTimeoutError: h:1: [Errno 111] Connection refused",
        Unavailable,
        "[Errno 111] Conn",
    ),
    (
        "python",
        1,
        "pymongo.ServerSelectionTimeoutError: h:1: SSL: CERTIFICATE_VERIFY_FAILED",
        ConfigurationError,
        "CERTIF",
    ),
    ("python", 1, "pymongo.AutoReconnect: h:1: connection closed", Unavailable, "Try again later"),
    ("python", 1, "pymongo.InvalidName: database names cannot contain '/'", ConfigurationError, "Check NAME"),
    ("python", 1, "pymongo.ConfigurationError: The resolution lifetime expired", ConfigurationError, "Check HOST"),
    ("python", 1, "", DjangoRcloneError, "it printed no error"),
    ("python", 1, "Traceback …\n  File x\nKeyError: 'version'", DjangoRcloneError, "'version'"),
]
