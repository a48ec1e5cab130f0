"""Every criterion of the console's finished slices is a browser test of that name."""

import re
from pathlib import Path

BROWSER = Path(__file__).resolve().parents[1] / "browser"
# console.md, slices 1 and 2: how many criteria each part has.
CRITERIA = {
    "SET": 4, "LOG": 3, "APP": 3, "CRD": 3, "CON": 4, "USR": 8, "UD": 4, "ROS": 3, "GRP": 5,
    "ROM": 4, "SND": 10, "MSG": 4, "SES": 4, "DSH": 3, "SCN": 4, "OPS": 2, "AUD": 2, "CFG": 3,
}  # fmt: skip
MEASURED = {"USR_8"}  # a time: python -m tests.bench.bench_console prints it


def names_tested() -> set[str]:
    found: set[str] = set()
    for file in BROWSER.glob("test_*.py"):
        for name in re.findall(r"def test_((?:[A-Z]+_\d+_(?:and_)?)+)", file.read_text()):
            found |= set(re.findall(r"[A-Z]+_\d+", name))
    return found


def test_each_criterion_has_its_browser_test():
    wanted = {f"{part}_{n}" for part, most in CRITERIA.items() for n in range(1, most + 1)}
    assert wanted - names_tested() == MEASURED
