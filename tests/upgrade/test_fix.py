"""`deployer check --fix` for profiles: what it writes, what it leaves, and what it refuses."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deployer.check.run import judge
from deployer.cli.check_fix import ROUNDS
from deployer.cli.compile_verb import flags_file
from deployer.cli.main import main
from deployer.profile.load import load_profile
from deployer.upgrade.document import Document
from deployer.upgrade.upgrade import mend
from tests.verbs import circumstances
from tests.volume import scaled

HEAD = """\
# the head
name: x
target: local
model:
  repo: a/b
  revision: a123456789012345678901234567890123456789
  path: /m
  served_name: b
hardware: {gpu: none, count: 0}
serving: {host: 127.0.0.1, api_key_env: null}
engine:
  version: 0.5.23
"""

BROKEN = f"""\
{HEAD}  args:
    # why this one
    nsa-decode-backend: fa3  # decode
    cuda-graph-max-bs: 8   # graphs
    context-length: 4096 # long
    disable-mla: true # nobody can say this
  env:
    SGLANG_ENABLE_SPEC_V2: "1" # read no more
"""


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    path = tmp_path / "p.yaml"
    path.write_text(BROKEN, encoding="utf-8")
    return path


def fix(*words: object, capsys: pytest.CaptureFixture[str]) -> tuple[int, str, str]:
    capsys.readouterr()
    code = main(["check", "--fix", *map(str, words)])
    shown = capsys.readouterr()
    return code, shown.out, shown.err


def comments(text: str) -> list[str]:
    return Document.read(text, "x").comments()


STALE = f"""\
{HEAD}  # deployer: allow[unknown-flag] it was one once
  args:
    # deployer: allow[chunk-not-of-pages] no chunk is stated here
    # why a timeout
    dist-timeout: 600  # deployer: allow[drain-skipped, unknown-flag] both are gone
lifecycle: {{}}  # kept # deployer: allow[drain-skipped] it stands behind another word
"""


def test_a_comment_that_allows_nothing_any_more_is_taken_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "p.yaml"
    path.write_text(STALE, encoding="utf-8")
    _, out, _ = fix(path, "--format", "json", capsys=capsys)

    text = path.read_text(encoding="utf-8")
    assert (
        text
        == f"""\
{HEAD}  args:
    # why a timeout
    dist-timeout: 600
lifecycle: {{}}  # kept # deployer: allow[drain-skipped] it stands behind another word
"""
    )
    notes = [note for one in json.loads(out)["fixed"] for note in one["notes"]]
    assert [note["kind"] for note in notes] == ["taken out"] * 3


GROUPS = f"""\
{HEAD}  args:
    # of both that follow

    # groups, as measured:
    # four were best
    dp-size: 4
    # it stays
    dist-timeout: 60
"""


def test_what_stands_above_an_entry_moves_with_it(tmp_path: Path) -> None:
    path = tmp_path / "p.yaml"
    path.write_text(GROUPS, encoding="utf-8")
    main(["check", "--fix", str(path)])

    assert (
        path.read_text(encoding="utf-8")
        == f"""\
{HEAD}  args:
    # of both that follow

    # it stays
    dist-timeout: 60
parallel:
  # groups, as measured:
  # four were best
  dp: 4
"""
    )


def test_it_stays_where_brackets_take_no_comment(tmp_path: Path) -> None:
    path = tmp_path / "p.yaml"
    path.write_text(f"{GROUPS}parallel: {{tp: 1}}\n", encoding="utf-8")
    main(["check", "--fix", str(path)])

    text = path.read_text(encoding="utf-8")
    assert "    # four were best\n    # it stays\n" in text
    assert text.endswith("parallel: {tp: 1, dp: 4}\n")


def test_a_comment_that_still_allows_something_stays(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told = "  # deployer: allow[drain-skipped, code-by-name] it is our own\n"
    path = tmp_path / "p.yaml"
    text = f"{HEAD}  args:\n    custom-weight-loader: ours.load{told}"
    path.write_text(text, encoding="utf-8")
    fix(path, capsys=capsys)

    assert path.read_text(encoding="utf-8") == text


def test_the_cures_are_written_and_the_rest_is_shown(
    broken: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, err = fix(broken, capsys=capsys)

    text = broken.read_text(encoding="utf-8")
    profile = load_profile(text, "x").profile
    assert profile is not None
    assert profile.engine.args == {"cuda-graph-max-bs-decode": 8, "disable-mla": True}
    assert profile.engine.env == {}
    assert (profile.kernels.decode, profile.model.context_length) == ("fa3", 4096)
    assert '# SGLANG_ENABLE_SPEC_V2: "1" # read no more' in text
    assert all(any(new.endswith(old) for new in comments(text)) for old in comments(BROKEN))
    assert code == 1
    assert out.startswith(f"--- {broken} (0.5.23)\n+++ {broken} (0.5.23)\n")
    assert "-    cuda-graph-max-bs: 8   # graphs\n" in out
    assert "+    cuda-graph-max-bs-decode: 8   # graphs\n" in out
    assert "error[removed-flag]: `--disable-mla` is gone" in out
    assert err == f"wrote {broken}\n"


def test_the_second_time_nothing_changes(broken: Path, capsys: pytest.CaptureFixture[str]) -> None:
    fix(broken, capsys=capsys)
    once = broken.read_bytes()

    code, out, err = fix(broken, capsys=capsys)

    assert (code, err, broken.read_bytes()) == (1, "", once)
    assert "+++" not in out


def test_the_code_follows_what_remains(broken: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = BROKEN.replace("    disable-mla: true # nobody can say this\n", "")
    broken.write_text(text, encoding="utf-8")

    assert main(["check", str(broken)]) == 1
    assert fix("--dry-run", broken, capsys=capsys)[0] == 0
    assert main(["check", str(broken)]) == 1
    assert fix(broken, capsys=capsys)[0] == 0
    assert main(["check", str(broken)]) == 0


def test_a_dry_run_shows_the_same_and_writes_nothing(
    broken: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, err = fix("--dry-run", broken, capsys=capsys)

    assert broken.read_text(encoding="utf-8") == BROKEN
    assert err == ""
    assert (code, out) == fix(broken, capsys=capsys)[:2]


def test_what_is_fine_stays(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "p.yaml"
    path.write_text(HEAD, encoding="utf-8")
    before = path.stat()

    code, out, err = fix(path, capsys=capsys)

    assert (code, err) == (0, "")
    assert "+++" not in out
    assert f"{path}: " in out
    assert path.stat().st_mtime_ns == before.st_mtime_ns
    assert path.stat().st_ino == before.st_ino


def test_what_is_allowed_or_not_selected_stays(
    broken: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    allow = "cuda-graph-max-bs: 8 # deployer: allow[removed-flag] our own build has it"
    broken.write_text(BROKEN.replace("cuda-graph-max-bs: 8   # graphs", allow), encoding="utf-8")

    fix("--ignore", "args-repeat-a-field", broken, capsys=capsys)

    text = broken.read_text(encoding="utf-8")
    assert allow in text
    assert "    context-length: 4096 # long\n" in text
    assert "nsa-decode-backend" not in text


def test_json_holds_the_change_and_the_findings(
    broken: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fine = broken.with_name("fine.yaml")
    fine.write_text(HEAD.replace("name: x", "name: y"), encoding="utf-8")

    _, out, _ = fix("--format", "json", broken, fine, capsys=capsys)

    value = json.loads(out)
    (one,) = value["fixed"]
    assert (one["file"], one["written"], one["flags"]) == (str(broken), True, None)
    assert one["diff"].startswith(f"--- {broken}")
    assert {note["kind"] for note in one["notes"]} >= {"rewritten", "moved", "commented out"}
    assert value["checked"] == [str(broken), str(fine)]
    assert "removed-flag" in {finding["check"] for finding in value["findings"]}


def test_committed_flags_follow(broken: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = BROKEN.replace("    disable-mla: true # nobody can say this\n", "")
    broken.write_text(text, encoding="utf-8")
    flags_file(str(broken)).parent.mkdir(exist_ok=True)
    flags_file(str(broken)).write_text("of another profile\n", encoding="utf-8")

    _, out, _ = fix("--format", "json", broken, capsys=capsys)

    assert json.loads(out)["fixed"][0]["flags"]["written"] is True
    assert main(["compile", "--check", str(broken)]) == 0


def test_what_a_field_says_already_is_left(
    broken: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    both = BROKEN.replace("  path: /m\n", "  path: /m\n  context_length: 2048\n")
    broken.write_text(both, encoding="utf-8")

    code, out, _ = fix(broken, capsys=capsys)

    assert code == 1
    assert "error[args-repeat-a-field]: `--context-length` has a field" in out
    text = broken.read_text(encoding="utf-8")
    assert "  context_length: 2048\n" in text
    assert "    context-length: 4096 # long\n" in text


def test_what_cannot_be_written_stays_whole(
    broken: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with circumstances.full_disk(tmp_path):
        code, out, err = fix(broken, capsys=capsys)

    assert (code, out) == (1, "")
    assert f"{broken} could not be written: File too large" in err
    assert "What was there is as it was\n" in err
    assert broken.read_text(encoding="utf-8") == BROKEN
    assert [path.name for path in tmp_path.iterdir()] == ["p.yaml"]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["-"], "standard input is none"),
        (["/dev/stdin"], "standard input is none"),
        (["--engine", "0.5.20", "p.yaml"], "deployer upgrade PROFILE --engine 0.5.20"),
        (["--format", "sarif", "p.yaml"], "no place for"),
    ],
)
def test_what_it_does_not_mend_is_refused(
    words: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, err = fix(*words, capsys=capsys)

    assert (code, out) == (2, "")
    assert told in err


def test_a_dry_run_is_one_of_a_fix(broken: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--dry-run", str(broken)]) == 2
    assert "only with `--fix`" in capsys.readouterr().err


def test_a_key_is_moved_nowhere(broken: Path, capsys: pytest.CaptureFixture[str]) -> None:
    broken.write_text(f"{HEAD}  args:\n    api-key: canary-7f3a\n", encoding="utf-8")

    code, out, err = fix(broken, capsys=capsys)

    assert code == 1
    assert "canary" not in out + err
    assert "    api-key: canary-7f3a\n" in broken.read_text(encoding="utf-8")


PLANTED = {
    "cuda-graph-max-bs: 8": "cuda-graph-max-bs-decode",
    "nsa-decode-backend: fa3": "kernels.decode",
    "nsa-prefill-backend: fa3": "kernels.prefill",
    "context-length: 4096": "model.context_length",
    "tp-size: 8": "parallel.tp",
}
"""Mistakes with a safe cure, and where it puts the value."""

NOTES = st.sampled_from(["", "  # why", " #x", "   # 'quoted' {a: b}"])
ABOVE = st.sampled_from(["", "    # above\n", "\n"])


@scaled(0.1)
@given(st.data())
def test_planted_mistakes_are_gone_and_every_comment_is_there(data: st.DataObject) -> None:
    chosen = data.draw(st.lists(st.sampled_from(sorted(PLANTED)), min_size=1, unique=True))
    lines = [f"{data.draw(ABOVE)}    {one}{data.draw(NOTES)}\n" for one in chosen]
    text = f"{HEAD}  args:\n{''.join(lines)}"
    if data.draw(st.booleans()):
        text = text.replace("\n", "\r\n")
    done = _until_still(text)

    names = {one.partition(":")[0] for one in chosen}
    profile = load_profile(done, "x").profile
    assert profile is not None
    assert not names & set(profile.engine.args)
    for one in chosen:
        value = one.partition(": ")[2]
        assert str(_at(done, PLANTED[one])) == value
    assert not [f for f in judge(done, "x").findings if f.path.startswith("engine.args.")]
    assert not Counter(comments(text)) - Counter(comments(done))
    assert ("\r\n" in text) == ("\r\n" in done)
    assert _until_still(done) == done


def _until_still(text: str) -> str:
    for _ in range(ROUNDS):
        step = mend(text, "x", frozenset(f.path for f in judge(text, "x").findings))
        assert step is not None
        if not step.changed:
            return text
        text = step.text
    msg = "it does not come to rest"
    raise AssertionError(msg)


def _at(text: str, place: str) -> object:
    profile = load_profile(text, "x").profile
    assert profile is not None
    section, _, field = place.partition(".")
    return getattr(getattr(profile, section), field) if field else profile.engine.args[place]
