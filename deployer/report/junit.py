"""Verdicts as JUnit's XML, which CI systems show: one case a probe.

The form is that of https://github.com/testmoapp/junitxml. JUnit has no word for a promise that
could not be seen: it is written as a skip that says so, never as a pass.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from deployer.verify.verdict import Outcome, Verdict
from deployer.visible import visible

if TYPE_CHECKING:
    from collections.abc import Iterable

SUITE = "deployer verify"


def to_junit(verdicts: Iterable[Verdict]) -> str:
    """Write the verdicts as one suite, with a line end. Times are in seconds."""
    verdicts = tuple(verdicts)
    counts = Counter(verdict.outcome for verdict in verdicts)
    told = {
        "name": SUITE,
        "tests": str(len(verdicts)),
        "failures": str(counts[Outcome.FAILED]),
        "errors": "0",
        "skipped": str(counts[Outcome.SKIPPED] + counts[Outcome.UNSEEN]),
        "time": f"{sum(verdict.seconds for verdict in verdicts):.3f}",
    }
    suite = ET.Element("testsuite", told)
    for verdict in verdicts:
        _add(suite, verdict)
    root = ET.Element("testsuites")
    root.append(suite)
    ET.indent(root)
    # ASCII, so that every stream carries it, as the JSON does.
    written: bytes = ET.tostring(root, encoding="us-ascii", xml_declaration=True)
    return written.decode("ascii") + "\n"


def _add(suite: ET.Element, verdict: Verdict) -> None:
    case = ET.SubElement(
        suite,
        "testcase",
        {"classname": SUITE, "name": verdict.probe, "time": f"{verdict.seconds:.3f}"},
    )
    match verdict.outcome:
        case Outcome.FAILED:
            element = ET.SubElement(case, "failure", {"message": visible(verdict.message)})
            element.text = _explained(verdict)
        case Outcome.SKIPPED:
            ET.SubElement(case, "skipped", {"message": visible(verdict.message)})
        case Outcome.UNSEEN:
            said = f"not seen: {visible(verdict.message)}"
            ET.SubElement(case, "skipped", {"message": said}).text = _explained(verdict)
        case Outcome.PASSED:
            pass
    if verdict.checked:
        ET.SubElement(case, "system-out").text = "\n".join(map(visible, verdict.checked))


def _explained(verdict: Verdict) -> str:
    hint = [f"hint: {visible(verdict.hint)}"] if verdict.hint else []
    return "\n".join([*hint, *map(visible, verdict.detail)])
