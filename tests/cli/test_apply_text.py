"""What an apply on this machine prints at its end."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from deployer.apply.local.apply import Applied
from deployer.cli.apply_local import _json, _text
from deployer.cli.gating import NOTHING
from deployer.cli.reading import read_release
from deployer.cli.verdicts import kept
from deployer.verify.verdict import Outcome, Verdict

KEY = "k" * 40


def test_the_key_is_shown_nowhere_and_the_printed_command_reads_it(tmp_path: Path) -> None:
    file = tmp_path / "a folder's" / "api-key"
    file.parent.mkdir()
    file.write_text(f"{KEY}\n", encoding="utf-8")
    release = read_release("profiles/cpu-tiny.yaml")
    applied = Applied(
        name="cpu-tiny",
        outcome="created",
        reason="",
        url="http://127.0.0.1:8000",
        key_file=file,
        folder=file.parent,
        verified=True,
        verdicts=(),
        sample="",
        phases=(),
    )

    shown = _text(applied, release)
    assert KEY not in shown + _json(applied, release, NOTHING)
    line = next(line for line in shown.splitlines() if line.startswith("  API key"))
    command = line.removeprefix("  API key   `").removesuffix("` prints it")
    ran = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == KEY

    stand_in = """curl() { printf '%s\\n' "$@" >&2; cat; }\n"""
    curl = stand_in + shown[shown.index("curl ") :]
    ran = subprocess.run(["sh", "-c", curl], capture_output=True, text=True, check=True)
    assert ran.stdout == f"Authorization: Bearer {KEY}\n"
    assert "/v1/chat/completions\n" in ran.stderr
    assert KEY not in ran.stderr, "every user of a machine can read the words of a command"


@pytest.mark.process  # Modal's client takes a second to import
def test_the_promises_of_one_shape_are_not_said_of_all() -> None:
    from deployer.apply.modal.apply import Applied as AppliedOnModal  # noqa: PLC0415 - as above
    from deployer.cli import apply_modal  # noqa: PLC0415 - as above

    several, alone = map(
        read_release, ("profiles/b200-or-h200.yaml", "profiles/h200-fallback.yaml")
    )
    for verified, shape, said in (
        (True, "H200:8", "  shape     H200:8 of 8 x B200, else 8 x H200; the promises are not of"),
        (False, "", "  shape     one that was not told of 8 x B200, else 8 x H200; the promises"),
        (None, "", ""),
    ):
        found = AppliedOnModal("a", "a", "verified", "https://a", 1, "0", verified, shape=shape)
        text = apply_modal._text(found, several)
        assert (said in text, "  shape " in text) == (True, bool(said))
        assert "  shape " not in apply_modal._text(found, alone)
        assert json.loads(apply_modal._json(found, several, NOTHING))["shape"] == shape


def test_what_could_not_be_seen_is_no_kept_promise() -> None:
    held = Verdict("chat", Outcome.PASSED, 0.1, ("an answer",))
    unseen = Verdict("tool-pair", Outcome.UNSEEN, 0.1, message="one call where two were asked for")

    assert kept((held,)) == "serves, and keeps its promises"
    assert kept((held, unseen)) == (
        "serves, and keeps each promise that could be seen; 1 could not be seen: tool-pair"
    )
