"""A run as JUnit XML: a suite a wire, a test case a scenario, its steps as its output."""

from collections.abc import Sequence
from xml.etree import ElementTree as ET

from imadmin.console.queries.scenarios import Case
from imadmin.console.scenarios.words import NAMES


def junit(cases: Sequence[Case], *, name: str) -> str:
    root = ET.Element("testsuites", name=name)
    for wire in dict.fromkeys(case.wire for case in cases):
        mine = [case for case in cases if case.wire == wire]
        suite = ET.SubElement(
            root,
            "testsuite",
            name=f"{name} {wire}",
            tests=str(len(mine)),
            failures=str(sum(case.state == "failed" for case in mine)),
            errors="0",
            skipped=str(sum(case.state not in {"passed", "failed"} for case in mine)),
            time=_seconds(sum(case.ms for case in mine)),
        )
        for case in mine:
            _add_case(suite, case)
    _sum_up(root, cases)
    ET.indent(root)
    return ET.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _sum_up(root: ET.Element, cases: Sequence[Case]) -> None:
    root.set("tests", str(len(cases)))
    root.set("failures", str(sum(case.state == "failed" for case in cases)))
    root.set("time", _seconds(sum(case.ms for case in cases)))


def _add_case(suite: ET.Element, case: Case) -> None:
    made = ET.SubElement(
        suite,
        "testcase",
        classname=f"scenarios.{case.wire}",
        name=f"{case.slug} {NAMES[case.slug][0]}",
        time=_seconds(case.ms),
    )
    if failure := case.failure:
        message = f"step {failure.number} {failure.key}: expected {failure.expected}"
        told = ET.SubElement(
            made, "failure", message=_clean(f"{message}, got {failure.actual}"), type="Mismatch"
        )
        told.text = _clean("\n".join(failure.lines))
    elif case.state != "passed":
        ET.SubElement(made, "skipped", message=case.state)
    lines = [f"{step.number} {step.key} {step.state} {step.ms} ms" for step in case.steps]
    ET.SubElement(made, "system-out").text = "\n".join(lines)


def _seconds(ms: int) -> str:
    return f"{ms / 1000:.3f}"


def _clean(text: str) -> str:
    """Without what XML 1.0 cannot hold."""
    return "".join(c for c in text if c in "\t\n\r" or 0x20 <= ord(c) <= 0xD7FF or ord(c) > 0xDFFF)
