from __future__ import annotations

import json

from deployer.report.verdicts import line, text, to_json
from deployer.verify.verdict import Outcome, Verdict

CHAT = Verdict("chat", Outcome.PASSED, 0.42, ("content is text", "finish_reason is stop"))
TOOLS = Verdict(
    "tools",
    Outcome.FAILED,
    12.3,
    ("calls get_weather",),
    "the tool call's arguments are not JSON",
    "does the tool-call parser fit the model?",
    ("city=Tōkyō",),
)
METRICS = Verdict("metrics", Outcome.SKIPPED, 0.0, message="the profile does not turn metrics on")
ALL = (CHAT, TOOLS, METRICS)


def test_each_verdict_is_a_line_and_a_failure_is_explained() -> None:
    assert text(ALL) == (
        "✓ chat             0.42 s  content is text; finish_reason is stop\n"
        "✗ tools           12.30 s  the tool call's arguments are not JSON\n"
        "    hint: does the tool-call parser fit the model?\n"
        "    | city=Tōkyō\n"
        "    held: calls get_weather\n"
        "– metrics                  skipped: the profile does not turn metrics on\n"  # noqa: RUF001
        "1 passed, 1 failed, 1 skipped in 12.7 s\n"
    )


def test_the_count_leaves_out_what_did_not_occur() -> None:
    assert text([CHAT]).endswith("\n1 passed in 0.4 s\n")
    assert text([]) == "nothing was asked in 0.0 s\n"


def test_what_the_terminal_cannot_encode_is_replaced() -> None:
    lines = text(ALL, encoding="ascii").splitlines()
    assert [each[0] for each in lines] == ["+", "x", " ", " ", " ", "-", "1"]
    assert lines[3] == r"    | city=T\u014dky\u014d"


def test_colour_marks_the_name_and_adds_no_word() -> None:
    assert line(CHAT, color=True).startswith("\x1b[32m✓ chat         \x1b[0m    0.42 s  content")
    assert "\x1b[31m" in line(TOOLS, color=True)
    assert "\x1b" not in text(ALL)


def test_control_characters_are_shown_and_not_sent() -> None:
    verdict = Verdict("chat", Outcome.FAILED, 1.0, message="\x1b[2J", detail=("a\nb",))
    assert line(verdict) == "✗ chat             1.00 s  \\x1b[2J\n    | a\\nb"


def test_json_holds_everything() -> None:
    value = json.loads(to_json(ALL))
    assert {key: value[key] for key in ("passed", "failed", "skipped")} == {
        "passed": 1,
        "failed": 1,
        "skipped": 1,
    }
    assert value["seconds"] == 12.72
    assert value["verdicts"][1] == {
        "probe": "tools",
        "outcome": "failed",
        "seconds": 12.3,
        "checked": ["calls get_weather"],
        "message": "the tool call's arguments are not JSON",
        "hint": "does the tool-call parser fit the model?",
        "detail": ["city=Tōkyō"],
    }
