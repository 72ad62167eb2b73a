"""`deployer upgrade`: what it shows, what it writes, and how it ends."""

from __future__ import annotations

import json
import os
import shutil
import stat
from pathlib import Path

import pytest

from deployer.cli.main import main
from deployer.cli.reading import read_checked, read_release
from deployer.finding import Severity

RECIPE = Path("tests/data/recipe.yaml")

RAW = """\
    nsa-decode-backend: trtllm
    nsa-prefill-backend: trtllm
"""


@pytest.fixture
def recipe(tmp_path: Path) -> Path:
    """Give a copy of the known recipe on the newest release, with its two flags raw."""
    text = RECIPE.read_text(encoding="utf-8")
    typed = "  decode: trtllm\n  prefill: trtllm\n"
    assert typed in text
    text = text.replace(typed, "").replace("version: 0.5.10.post1\n", "version: 0.5.23\n")
    image = "  image: lmsysorg/sglang:v0.5.10.post1-cu130\n"
    text = text.replace(image, f"  image: lmsysorg/sglang:v0.5.23\n  args:\n{RAW}")
    path = tmp_path / "recipe.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def errors(path: Path) -> list[str]:
    """Name the errors of a profile; what the recipe gets wrong otherwise is not upgrade's."""
    found = read_checked(str(path)).findings
    return [f"{one.check} {one.path}" for one in found if one.severity is Severity.ERROR]


def test_the_recipe_is_mended(recipe: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = read_checked(str(recipe))
    assert {f.path for f in before.findings} >= {
        "engine.args.nsa-decode-backend",
        "engine.args.nsa-prefill-backend",
    }

    assert main(["upgrade", str(recipe), "--write"]) == 0

    capsys.readouterr()
    assert errors(recipe) == []
    flags = {a.flag: a.values for a in read_release(str(recipe)).arguments}
    assert flags["--dsa-decode-backend"] == flags["--dsa-prefill-backend"] == ("trtllm",)
    assert flags["--attention-backend"] == ("dsa",)
    assert recipe.read_text(encoding="utf-8").startswith("# The known recipe, word for word")


def test_the_typed_recipe_is_brought_to_the_newest_release(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "recipe.yaml"
    path.write_text(RECIPE.read_text(encoding="utf-8"), encoding="utf-8")

    assert main(["upgrade", str(path), "--write"]) == 0

    assert capsys.readouterr().err == f"wrote {path}\n"
    assert errors(path) == []
    assert read_release(str(path)).engine.image == "lmsysorg/sglang:v0.5.23-cu130"


def test_without_write_nothing_is_written(recipe: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = recipe.read_bytes()

    assert main(["upgrade", str(recipe), "--engine", "0.5.20"]) == 0

    shown = capsys.readouterr()
    assert recipe.read_bytes() == before
    assert f"--- {recipe} (0.5.23)\n+++ {recipe} (0.5.20)\n" in shown.out
    assert "-    nsa-decode-backend: trtllm\n" in shown.out
    assert shown.err == f"Nothing was written; --write replaces {recipe}.\n"


REPORT = """\
p.yaml: SGLang 0.5.19 -> 0.5.20

Rewritten:
  engine.version: 0.5.19 -> 0.5.20
  engine.args.cuda-graph-max-bs: --cuda-graph-max-bs 8 -> --cuda-graph-max-bs-decode 8

Moved to a field of its own:
  engine.args.nsa-decode-backend: --nsa-decode-backend fa3 -> kernels.decode: fa3
      it is `--dsa-decode-backend fa3` now

Kept as a comment:
  engine.args.prefill-round-robin-balance: --prefill-round-robin-balance
      it does nothing but warn (0.5.9)

Left as it is, for you to decide:
  kernels.attention: cutlass_mla
      it was taken out (from 0.5.20 on)

Defaults that change although the file does not:
"""

CHANGE = """\
--- p.yaml (0.5.19)
+++ p.yaml (0.5.20)
@@ -3,12 +3,12 @@
 model: {repo: a/b, path: /m, served_name: b}
 hardware: {gpu: H100, count: 8}
 engine:
-  version: 0.5.19
+  version: 0.5.20
   args:
-    cuda-graph-max-bs: 8
-    nsa-decode-backend: fa3
-    prefill-round-robin-balance: true
+    cuda-graph-max-bs-decode: 8
+    # prefill-round-robin-balance: true
 serving:
   api_key_env: null
 kernels:
   attention: cutlass_mla
+  decode: fa3

After this, `deployer check` finds:

p.yaml:"""

PROFILE = """\
name: x
target: local
model: {repo: a/b, path: /m, served_name: b}
hardware: {gpu: H100, count: 8}
engine:
  version: 0.5.19
  args:
    cuda-graph-max-bs: 8
    nsa-decode-backend: fa3
    prefill-round-robin-balance: true
serving:
  api_key_env: null
kernels:
  attention: cutlass_mla
"""


def test_the_report_word_for_word(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("p.yaml").write_text(PROFILE, encoding="utf-8")

    assert main(["upgrade", "p.yaml", "--engine", "0.5.20"]) == 0

    shown = capsys.readouterr().out
    assert shown.startswith(REPORT)
    assert CHANGE in shown
    assert "p.yaml:13:14: error[not-a-choice]: " in shown


def test_what_is_still_not_right_after_writing_is_an_exit_code(tmp_path: Path) -> None:
    path = tmp_path / "p.yaml"
    path.write_text(PROFILE, encoding="utf-8")

    assert main(["upgrade", str(path), "--engine", "0.5.20", "--write"]) == 1
    assert "# prefill-round-robin-balance: true" in path.read_text(encoding="utf-8")


def test_json_says_it_all(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "p.yaml"
    path.write_text(PROFILE, encoding="utf-8")

    assert main(["upgrade", str(path), "--engine", "v0.5.20", "--format", "json"]) == 0

    found = json.loads(capsys.readouterr().out)
    assert found["engine"] == {"old": "0.5.19", "new": "0.5.20"}
    assert (found["changed"], found["written"]) == (True, False)
    assert {note["kind"] for note in found["notes"]} == {
        "rewritten",
        "moved",
        "commented out",
        "left",
    }
    assert "not-a-choice" in {finding["check"] for finding in found["findings"]}
    assert found["diff"].startswith(f"--- {path} (0.5.19)\n")


def test_a_secret_is_not_shown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "p.yaml"
    secret = "  args:\n    api-key: swordfish # mine\n    cuda-graph-max-bs: 8\n"
    env = "  env: {HF_TOKEN: 'hunter2,}', A: hf_0123456789abcdefgh}\n"
    text = PROFILE.replace("  args:\n    cuda-graph-max-bs: 8\n", secret)
    path.write_text(text.replace("serving:\n", f"{env}serving:\n"), encoding="utf-8")

    for form in ("text", "json"):
        main(["upgrade", str(path), "--engine", "0.5.20", "--format", form])
        shown = capsys.readouterr()
        assert "swordfish" not in shown.out + shown.err
        assert "hunter2" not in shown.out + shown.err
        assert "hf_0123" not in shown.out + shown.err
        assert "api-key: ***" in shown.out


def test_the_file_keeps_its_permissions_and_its_link(tmp_path: Path) -> None:
    path, link = tmp_path / "p.yaml", tmp_path / "link.yaml"
    path.write_text(PROFILE, encoding="utf-8")
    path.chmod(0o640)
    link.symlink_to(path)

    main(["upgrade", str(link), "--engine", "0.5.20", "--write"])

    assert link.is_symlink()
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert "version: 0.5.20" in path.read_text(encoding="utf-8")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["link.yaml", "p.yaml"]


def test_line_ends_are_kept_in_the_file(tmp_path: Path) -> None:
    path = tmp_path / "p.yaml"
    path.write_bytes(PROFILE.replace("\n", "\r\n").encode())

    main(["upgrade", str(path), "--engine", "0.5.20", "--write"])

    assert path.read_bytes().count(b"\n") == path.read_bytes().count(b"\r\n") > 0


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["nowhere.yaml"], 2, "there is no such file"),
        (["profiles/cpu-tiny.yaml", "--engine", "0.9.0"], 2, "SGLang 0.9.0 is not known here"),
        (["README.md"], 1, "cannot be read as a profile"),
    ],
)
def test_what_cannot_be_done_is_said(
    words: list[str], code: int, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["upgrade", *words]) == code
    assert message in capsys.readouterr().err


def test_a_profile_of_the_newest_release_stays(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["upgrade", "profiles/cpu-tiny.yaml", "--engine", "0.5.23", "--write"]) == 0

    shown = capsys.readouterr()
    assert shown.out == "profiles/cpu-tiny.yaml: SGLang 0.5.23, the file stays as it is\n"
    assert shown.err == ""


def test_a_folder_that_cannot_be_written_leaves_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "p.yaml"
    path.write_text(PROFILE, encoding="utf-8")

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, os.strerror(13))

    monkeypatch.setattr("deployer.cli.writing.write_whole", refuse)

    assert main(["upgrade", str(path), "--engine", "0.5.20", "--write"]) == 1
    assert "could not be written: Permission denied" in capsys.readouterr().err
    assert path.read_text(encoding="utf-8") == PROFILE


def with_flags(recipe: Path) -> Path:
    flags = recipe.parent / "compiled" / "recipe.flags"
    flags.parent.mkdir()
    flags.write_text("# of the old profile\n", encoding="utf-8")
    return flags


def test_the_committed_flags_are_written_again(
    recipe: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    flags = with_flags(recipe)

    assert main(["upgrade", str(recipe), "--write"]) == 0
    assert capsys.readouterr().err == f"wrote {recipe}\nwrote {flags}\n"
    assert main(["compile", "--check", str(recipe)]) == 0


def test_json_says_what_became_of_the_committed_flags(
    recipe: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["upgrade", str(recipe), "--format", "json"]) == 0
    value = json.loads(capsys.readouterr().out)
    assert next(iter(value)) == "format_version"
    assert value["flags"] is None
    flags = with_flags(recipe)

    assert main(["upgrade", str(recipe), "--write", "--format", "json"]) == 0
    value = json.loads(capsys.readouterr().out)
    assert value["flags"] == {"file": str(flags), "written": True}


def test_flags_that_cannot_follow_are_said_to_be_old(
    recipe: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = recipe.read_text(encoding="utf-8").replace("gpu: B200", "gpu: H200")
    recipe.write_text(text, encoding="utf-8")
    flags = with_flags(recipe)

    assert main(["upgrade", str(recipe), "--write"]) == 1
    said = capsys.readouterr().err
    assert f"{flags} is of the old profile: `deployer compile --write {recipe}`" in said
    assert flags.read_text(encoding="utf-8") == "# of the old profile\n"


def test_an_upgrade_of_a_shared_base_is_one_of_all_that_extend_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    names = ("b200-fp8-eagle", "b200-no-spec", "b200-or-h200", "h200-fallback")
    for name in names:
        shutil.copy(Path("profiles", f"{name}.yaml"), tmp_path)
    shapes = str(tmp_path / "b200-or-h200.yaml")

    assert main(["upgrade", shapes, "--engine", "0.5.23", "--write", "--format", "json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert [one for one in told["findings"] if one["severity"] != "note"] == []
    for name in names:
        checked = read_checked(str(tmp_path / f"{name}.yaml"))
        assert not checked.wrong(), (name, checked.findings)
        assert checked.case is not None
        assert checked.case.profile.engine.version == "0.5.23"
