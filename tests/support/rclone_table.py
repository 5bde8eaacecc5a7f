"""Writes the table of backends' options in backend_options.py anew, as the installed rclone has them.

Usage: python -m tests.support.rclone_table
"""

import json
import re
import textwrap
from pathlib import Path
from typing import Any

from django_rclone.process import run
from django_rclone.rclone import backend_options
from django_rclone.rclone.remote import Remote

# Options that rclone calls sensitive because they tell who or where somebody is, not because they open anything.
_NAMES_PEOPLE_OR_PLACES = re.compile(
    r"(?:^|_)(?:id|user|username|user_project|email|host|domain|account|tenant|namespace|namenode|compartment|url|spn"
    r"|cloud_name|name|uid|uuid|slug|drive|impersonate|impersonate_admin|number|public_key|md5)$"
)
# Options that open something although rclone does not call them sensitive, or by a name that is a person's elsewhere.
_SECRET_ALL_THE_SAME = re.compile(r"^(?:sas_url|session_id|device_id|headers)$|(?:token|secret|grant|mnemonic)$")


def providers() -> list[dict[str, Any]]:
    """Returns what the installed rclone says of its backends."""
    answer: list[dict[str, Any]] = json.loads(run(Remote("").command("config", "providers")))
    return answer


def table() -> str:
    """Returns the table: one entry for each backend's prefix."""
    entries = []
    for provider in sorted(providers(), key=lambda each: str(each["Prefix"])):
        marked = {option["Name"]: option["Name"] + _mark(option) for option in provider["Options"]}
        entries.append(f"{provider['Prefix']}: {' '.join(marked[name] for name in sorted(marked))}")
    return "\n".join(
        textwrap.fill(entry, 118, subsequent_indent="  ", break_on_hyphens=False, break_long_words=False)
        for entry in dict.fromkeys(entries)
    )


def _mark(option: dict[str, Any]) -> str:
    name = option["Name"]
    sensitive = option["Sensitive"] and not _NAMES_PEOPLE_OR_PLACES.search(name)
    if option["IsPassword"] or sensitive or _SECRET_ALL_THE_SAME.match(name):
        return "!"
    return {"bool": "?", "stringArray": "*"}.get(option["Type"], "")


if __name__ == "__main__":
    file = Path(backend_options.__file__)
    before, _, rest = file.read_text().partition('_TABLE = """\n')
    after = rest.partition('"""\n')[2]
    file.write_text(f'{before}_TABLE = """\n{table()}\n"""\n{after}')
