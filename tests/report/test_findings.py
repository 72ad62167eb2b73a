from __future__ import annotations

import dataclasses
import json

from deployer.finding import Finding, Severity, Span
from deployer.report.findings import summary, text, to_json

UNKNOWN = Finding(
    check="unknown-key",
    severity=Severity.ERROR,
    path="memory.mem_fraction",
    message="`mem_fraction` is not a key of `memory`",
    hint="did you mean `mem_fraction_static`?",
    file="profiles/x.yaml",
    span=Span(12, 3, 12, 15),
    source_line="  mem_fraction: 0.88",
)
LOOSE = Finding(
    check="moving-revision",
    severity=Severity.WARNING,
    path="model.revision",
    message="a branch can move under you",
    hint="the next start may serve other weights\nwrite a commit",
    link="https://huggingface.co/docs",
    file="profiles/x.yaml",
)
NOTE = Finding(check="a-note", severity=Severity.NOTE, path="", message="for your information")


def at(line: str, start: int, end: int, *, end_line: int = 1) -> str:
    """What stands below the header: the line and its carets."""
    finding = Finding(
        check="c",
        severity=Severity.ERROR,
        path="",
        message="m",
        file="f",
        span=Span(1, start, end_line, end),
        source_line=line,
    )
    return "\n".join(text([finding], color=False).split("\n")[2:4])


def test_text_is_what_a_compiler_would_say() -> None:
    assert text([UNKNOWN, LOOSE, NOTE], color=False) == (
        "profiles/x.yaml:12:3: error[unknown-key]: `mem_fraction` is not a key of `memory`\n"
        "   |\n"
        "12 |   mem_fraction: 0.88\n"
        "   |   ^^^^^^^^^^^^\n"
        "   = did you mean `mem_fraction_static`?\n"
        "\n"
        "profiles/x.yaml: model.revision: warning[moving-revision]: a branch can move under you\n"
        "  = the next start may serve other weights\n"
        "  = write a commit\n"
        "  = https://huggingface.co/docs\n"
        "\n"
        "note[a-note]: for your information\n"
        "\n"
        "1 error, 1 warning, 1 note in profiles/x.yaml\n"
    )


def test_colors_add_nothing_but_colors() -> None:
    colored = text([UNKNOWN], color=True)
    assert colored == (
        "\033[1mprofiles/x.yaml:12:3\033[0m: \033[1;31merror[unknown-key]\033[0m: "
        "`mem_fraction` is not a key of `memory`\n"
        "   \033[1;34m|\033[0m\n"
        "\033[1;34m12\033[0m \033[1;34m|\033[0m   mem_fraction: 0.88\n"
        "   \033[1;34m|\033[0m   \033[1;31m^^^^^^^^^^^^\033[0m\n"
        "   \033[1;34m=\033[0m did you mean `mem_fraction_static`?\n"
        "\n"
        "1 error in profiles/x.yaml\n"
    )


def test_nothing_found_is_nothing_said() -> None:
    assert text([], color=True) == ""
    assert summary([]) == "no findings"


def test_the_summary_counts_files() -> None:
    other = Finding("c", Severity.ERROR, "", "m", file="y.yaml")
    assert summary([UNKNOWN, other]) == "2 errors in 2 files"
    assert summary([NOTE, NOTE]) == "2 notes"


def test_wide_and_combining_characters_do_not_move_the_carets() -> None:
    assert at("a: 漢字 b", 7, 8) == "1 | a: 漢字 b\n  |         ^"
    assert at("a: 漢字 b", 4, 6) == "1 | a: 漢字 b\n  |    ^^^^"
    assert at("e\u0301: x", 5, 6) == "1 | e\u0301: x\n  |    ^"


def test_tabs_are_shown_as_spaces() -> None:
    assert at("\ta: x", 5, 6) == "1 |     a: x\n  |        ^"
    assert at("\ta: x", 1, 2) == "1 |     a: x\n  | ^^^^"


def test_a_place_without_width_has_a_caret() -> None:
    assert at("a:", 3, 3) == "1 | a:\n  |   ^"
    assert at("a:", 9, 9) == "1 | a:\n  |   ^"


def test_a_place_of_several_lines_is_marked_to_the_end_of_the_first() -> None:
    assert at('a: "x', 4, 3, end_line=2) == '1 | a: "x\n  |    ^^'


def test_long_lines_are_cut_around_the_place() -> None:
    line, carets = at("x" * 500 + "HERE" + "y" * 500, 501, 505).split("\n")
    assert line == "1 | …" + "x" * 60 + "HERE" + "y" * 55 + "…"
    assert carets == "  | " + " " * 61 + "^^^^"
    line, carets = at("x" * 1000, 1, 1001).split("\n")
    assert line == "1 | " + "x" * 60 + "…"
    assert carets == "  | " + "^" * 61


def test_nothing_in_a_finding_controls_the_terminal() -> None:
    evil = "\033[2J\r\a\udce9\u202e"
    finding = Finding("c", Severity.ERROR, "", evil, evil, evil, evil, Span(1, 1, 1, 3), evil)
    shown = text([finding], color=False)
    assert all(character == "\n" or character.isprintable() for character in shown)


def test_json_is_versioned_and_complete() -> None:
    assert json.loads(to_json([UNKNOWN, NOTE], ["profiles/fine.yaml"])) == {
        "checked": ["profiles/fine.yaml"],
        "format_version": 1,
        "counts": {"error": 1, "warning": 0, "note": 1, "allowed": 0},
        "findings": [
            {
                "check": "unknown-key",
                "severity": "error",
                "path": "memory.mem_fraction",
                "message": "`mem_fraction` is not a key of `memory`",
                "hint": "did you mean `mem_fraction_static`?",
                "link": "",
                "file": "profiles/x.yaml",
                "span": {"line": 12, "column": 3, "end_line": 12, "end_column": 15},
                "source_line": "  mem_fraction: 0.88",
                "allowed": "",
            },
            {
                "check": "a-note",
                "severity": "note",
                "path": "",
                "message": "for your information",
                "hint": "",
                "link": "",
                "file": "",
                "span": None,
                "source_line": "",
                "allowed": "",
            },
        ],
    }


def test_json_is_plain_ascii() -> None:
    assert to_json([Finding("c", Severity.ERROR, "", "é\udce9")]).isascii()


def test_what_is_allowed_is_counted_and_not_shown() -> None:
    allowed = dataclasses.replace(LOOSE, allowed="it is a demonstration")

    assert summary([UNKNOWN, allowed]) == "1 error in profiles/x.yaml (1 allowed)"
    assert text([allowed], color=False) == ""
    assert "moving-revision" not in text([UNKNOWN, allowed], color=False)
    assert json.loads(to_json([UNKNOWN, allowed]))["counts"] == {
        "error": 1,
        "warning": 0,
        "note": 0,
        "allowed": 1,
    }
