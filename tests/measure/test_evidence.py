"""What a release showed: written, read, and told only of the release that showed it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from deployer.cli.evidence import evidence_file, keep_evidence, told, write_evidence
from deployer.cli.gating import Shown
from deployer.cli.main import main
from deployer.cli.reading import read_release
from deployer.codec import DecodeError
from deployer.measure.evidence import Evidence, Probed, said
from deployer.measure.gates import Measured, gates
from deployer.measure.load import Bounds
from deployer.measure.run import Expected
from deployer.profile.sections.objectives import Objectives
from deployer.verify.verdict import Outcome, Verdict
from tests.measure.made import point, run
from tests.measure.test_gates import SCORE

VERDICTS = (
    Verdict("health", Outcome.PASSED, 1.0, checked=("it says 200",)),
    Verdict("tools", Outcome.FAILED, 1.0, message="no call"),
    Verdict("auth", Outcome.SKIPPED, 1.0, message="not promised"),
    Verdict("long-prompt", Outcome.UNSEEN, 1.0, message="too small"),
)
FOUND = SimpleNamespace(verdicts=VERDICTS, memory="a pool of 9 tokens; not compared: no GPU")
PREDICTED = Expected(concurrency=4, first_token=80, each_token=9, throughput=210)
FULL = Evidence(
    name="demo", digest="a" * 64, date=1.8e9, target="modal", model="org/m@1",
    engine="sglang 0.5.23",
    image="i@sha256:0", hardware="8 x B200", probed=Probed.of(VERDICTS), cold_start=700.0,
    gates=gates(Objectives(ttft_p95=0.2, cold_start=9), Measured(point=point(bounds=Bounds(200)))),
    run=replace(run(point()), expected=(PREDICTED,)), score=SCORE,
    memory="a pool of 9 tokens; as reckoned: 9 tokens where 9 were",
)  # fmt: skip


def test_it_is_read_as_it_was_written() -> None:
    assert Evidence.from_json(FULL.to_json()) == FULL


def test_all_that_was_shown_is_told_of_the_same_release() -> None:
    first, *others = said(FULL, "a" * 64)
    assert first == (
        "of this release, 2027-01-15, 8 x B200: 1 of 3 promises seen to hold; BROKEN: tools; not "
        "seen: long-prompt"
    )
    assert others == [
        "memory: a pool of 9 tokens; as reckoned: 9 tokens where 9 were",
        "ttft_p95 kept: promised 0.2 s, measured 0.1 s",
        "cold_start unseen: promised 9 s",
        "128 tokens in, 5 out, 4 at a time: 200.0 output tokens a second, first token p95 100 ms",
        "predicted at 4 at a time: 210 output tokens a second, first token 80 ms",
        "canary: 70 of 82 right (76.1% to 91.4%)",
    ]


def test_evidence_of_another_release_is_stale_and_tells_nothing_of_this_one() -> None:
    (line,) = said(FULL, "b" * 64)
    assert line.startswith("stale: it is of release aaaaaaaaaaaa (2027-01-15), and this is bbbbbbb")


@pytest.mark.parametrize(
    "text",
    [
        "{}",
        "no",
        '{"format_version": 2}',
        replace(FULL, date=1e300).to_json(),
        replace(FULL, date=-1e18).to_json(),
        *(
            replace(FULL, score=replace(SCORE, right=right, asked=asked)).to_json()
            for right, asked in ((0, 0), (5, 4), (-1, 4))
        ),
    ],
)
def test_what_is_no_evidence_is_told(text: str) -> None:
    with pytest.raises(DecodeError):
        Evidence.from_json(text)
    assert told(text, "a")[0].startswith("the file beside the profile is no evidence")
    assert told("", "a") == ()


@pytest.fixture
def profiles(tmp_path: Path) -> tuple[Path, Path]:
    text = Path("profiles/cpu-tiny.yaml").read_text(encoding="utf-8")
    old, new = tmp_path / "old.yaml", tmp_path / "new.yaml"
    old.write_text(text, encoding="utf-8")
    new.write_text(text.replace("max_prefill_tokens: 32768", "max_prefill_tokens: 16384"))
    return old, new


@pytest.mark.parametrize("form", ["text", "markdown", "json"])
def test_a_diff_shows_what_the_new_release_showed_and_what_is_stale(
    profiles: tuple[Path, Path], form: str, capsys: pytest.CaptureFixture[str]
) -> None:
    old, new = map(str, profiles)
    for of, words in ((new, "of this release"), (old, "stale: it is of release")):
        write_evidence(new, read_release(of), FOUND, Shown(), None)
        capsys.readouterr()
        assert main(["diff", old, new, "--format", form]) == 0
        out = " ".join(capsys.readouterr().out.split())
        assert words in out
    written = json.loads(evidence_file(new).read_text())
    assert written["probed"]["failed"] == ["tools"]
    assert written["memory"] == FOUND.memory


def test_a_profile_that_changes_nothing_but_its_evidence_is_shown(
    profiles: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    old, new = profiles
    new.write_text(old.read_text())
    write_evidence(str(new), read_release(str(new)), FOUND, Shown(), 3.0)
    assert main(["diff", str(old), str(new)]) == 0
    assert "  evidence: of this release" in capsys.readouterr().out


def test_of_several_shapes_it_names_the_one_that_answered(tmp_path: Path) -> None:
    path = str(tmp_path / "new.yaml")
    for shape, words in (("H200:8", "H200:8 (of "), ("", "a shape that was not told (of ")):
        release = read_release("profiles/b200-or-h200.yaml")
        write_evidence(path, release, FOUND, Shown(), None, shape)
        assert (
            f", {words}8 x B200, else 8 x H200): "
            in told(evidence_file(path).read_text(), release.digest())[0]
        )


def test_where_it_cannot_be_written_nothing_is_deployed(
    profiles: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    path = str(profiles[0])
    (profiles[0].parent / "compiled").write_text("a file where the folder would be")
    assert main(["apply", path, "--evidence", "--yes"]) == 1
    err = capsys.readouterr().err
    assert f"error: {evidence_file(path)} could not be written: Not a directory\n" in err


def test_where_it_could_not_be_kept_that_is_said_and_what_was_found_holds(
    profiles: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    path = str(profiles[0])
    release, nobody = read_release(path), SimpleNamespace(verdicts=(), memory="")
    assert keep_evidence(path, release, nobody, Shown(), None)
    assert "Nothing was verified now, so no evidence was written." in capsys.readouterr().err
    assert keep_evidence(path, release, FOUND, Shown(), None)
    evidence_file(path).unlink()
    evidence_file(path).mkdir()
    capsys.readouterr()
    assert not keep_evidence(path, release, FOUND, Shown(), None)
    assert f"No evidence is left of it: {evidence_file(path)} is no" in capsys.readouterr().err


def test_evidence_is_of_what_was_verified(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["apply", "profiles/cpu-tiny.yaml", "--evidence", "--no-verify"]) == 2
    assert "--evidence writes what a verified release showed" in capsys.readouterr().err
