"""Quoting of names and values in the SQL of MySQL and MariaDB. Pure."""

from __future__ import annotations


def quote_name(*parts: str) -> str:
    """Returns a quoted name, qualified if there are several parts."""
    return ".".join(f"`{part.replace('`', '``')}`" for part in parts)


def quote_value(value: str) -> str:
    """Returns a string literal that every sql_mode reads the same way: it has no backslashes."""
    return f"CONVERT(0x{value.encode().hex()} USING utf8mb4)" if value else "''"


def quote_bytes(data: bytes) -> str:
    """Returns a literal for any bytes."""
    return f"0x{data.hex()}" if data else "''"


def quote_pattern(name: str) -> str:
    """Returns a schema's name as GRANT takes it, with its wildcards ``_`` and ``%`` escaped."""
    return name.replace("\\", "\\\\").replace("_", "\\_").replace("%", "\\%")
