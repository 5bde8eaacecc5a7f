"""Failures of MySQL's and MariaDB's client programs, and parts of the errors that users get for them.

Each case: program, exit code, stderr, class of the error, part of its message.
"""

from __future__ import annotations

from django_rclone.exceptions import ConfigurationError, DjangoRcloneError, Locked, Unavailable

CASES = [
    (
        "mysql",
        -9,
        "ERROR 1045 (28000): Access denied for user 'a'@'b' (using password: YES)",
        ConfigurationError,
        "Access denied",
    ),
    (
        "mysql",
        -9,
        "mysqldump: Got error: 1049: Unknown database 'x' when selecting the database",
        ConfigurationError,
        "'x'",
    ),
    (
        "mysql",
        -9,
        'mariadb-dump: Got error: 2002: "Can\'t connect to server" when trying to connect',
        Unavailable,
        "Can't connect",
    ),
    (
        "mysql",
        -9,
        "ERROR 2013 (HY000) at line 7: Lost connection to MySQL server during query",
        Unavailable,
        "Lost connection",
    ),
    (
        "mysql",
        -9,
        "ERROR 1064 (42000) at line 3: You have … near 'django_rclone_locked' at line 1",
        Locked,
        "another restore",
    ),
    (
        "mysql",
        -9,
        "mysqldump: Couldn't execute 'SHOW FIELDS FROM `v`': View 'a.v' references invalid (1356)",
        ConfigurationError,
        "a.v",
    ),
    (
        "mysql",
        -9,
        "mysqldump: Error 2020: Got packet bigger than 'max_allowed_packet' bytes",
        ConfigurationError,
        "max_allowed",
    ),
    (
        "mysql",
        -9,
        "--\nINSERT INTO t\n--\nERROR 3819 (HY000) at line 9: Check constraint 'c' is violated.",
        DjangoRcloneError,
        "'c'",
    ),
    ("mysql", -9, "", DjangoRcloneError, "killed by signal 9"),
]
