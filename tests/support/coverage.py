"""Prints the branch coverage of each package, from coverage's JSON report.

Usage: python -m tests.support.coverage REPORT
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

_APP = "app/"


def by_package(report: Mapping[str, Any]) -> dict[str, float]:
    """Returns the covered share of lines and branches, in percent, of each package, and of everything as ``total``."""
    covered: Counter[str] = Counter()
    all_of_them: Counter[str] = Counter()
    for path, file in report["files"].items():
        summary = file["summary"]
        for package in (str(Path(path.removeprefix(_APP)).parent), "total"):
            covered[package] += summary["covered_lines"] + summary["covered_branches"]
            all_of_them[package] += summary["num_statements"] + summary["num_branches"]
    return {package: 100 * covered[package] / count for package, count in sorted(all_of_them.items()) if count}


def main() -> None:
    for package, percent in by_package(json.loads(Path(sys.argv[1]).read_text())).items():
        print(f"{percent:5.1f} %  {package}")


if __name__ == "__main__":
    main()
