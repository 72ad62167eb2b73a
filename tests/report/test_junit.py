from __future__ import annotations

from xml.etree import ElementTree as ET

from deployer.report.junit import to_junit
from deployer.verify.verdict import Outcome, Verdict

from .test_verdicts import CHAT, METRICS, TOOLS

PAIR = Verdict("tool-pair", Outcome.UNSEEN, 0.3, message="one call\x1b[2J", hint="ask <more>")


def test_each_probe_is_a_case_and_only_what_was_seen_to_hold_is_without_a_word() -> None:
    written = to_junit((CHAT, TOOLS, METRICS, PAIR))
    root = ET.fromstring(written)  # noqa: S314 - our own
    (suite,) = root
    told = {name: suite.get(name) for name in ("tests", "failures", "errors", "skipped")}
    assert told == {"tests": "4", "failures": "1", "errors": "0", "skipped": "2"}
    cases = {case.get("name"): case for case in suite}
    assert [child.tag for child in cases["chat"]] == ["system-out"]
    (failure, _) = cases["tools"]
    assert failure.get("message") == "the tool call's arguments are not JSON"
    assert failure.text == "hint: does the tool-call parser fit the model?\ncity=Tōkyō"
    assert cases["metrics"][0].get("message") == "the profile does not turn metrics on"
    assert cases["tool-pair"][0].get("message") == "not seen: one call\\x1b[2J"
    assert cases["tool-pair"][0].text == "hint: ask <more>"


def test_it_is_ascii_and_ends_with_a_line_end() -> None:
    written = to_junit((TOOLS,))
    assert written.isascii()
    assert written.endswith("</testsuites>\n")
