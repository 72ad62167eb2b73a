"""`extends` and `--environment` in the verbs: which files are read, shown, compared, written."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from deployer.cli.main import main
from tests.check.test_checks import SANE
from tests.dumped import dumped
from tests.repository import commit, git

pytestmark = pytest.mark.process

OWN = """\
extends: ../base.yaml
name: one
modal: {app: one}
environments:
  staging:
    modal: {max_containers: 1}
"""


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    made = tmp_path / "repository"
    (made / "glm").mkdir(parents=True)
    base = {key: value for key, value in SANE.items() if key != "name"}
    (made / "base.yaml").write_text(f"# the base\n{dumped(base)}")
    (made / "glm" / "one.yaml").write_text(OWN)
    git(made, "init", "-q", "-b", "main")
    commit(made, "first")
    monkeypatch.chdir(made)
    return made


def ran(capsys: pytest.CaptureFixture[str], *words: str, code: int = 0) -> str:
    found = main(list(words))
    captured = capsys.readouterr()
    assert found == code, captured.err + captured.out
    return captured.out + captured.err


def test_a_base_is_no_profile_and_stands_for_what_extends_it(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for words in ((), ("base.yaml",), ("**/*.yaml",), (".",), ("base.yaml", "glm/one.yaml")):
        told = ran(capsys, "check", *words)
        assert "one.yaml: fine" in told
        assert "\nbase.yaml: " not in f"\n{told}"
        assert "error" not in told
    ran(capsys, "compile", "--write")
    assert [path.name for path in (repository / "glm" / "compiled").iterdir()] == ["one.flags"]
    ran(capsys, "compile", "--check", "base.yaml")
    base = (repository / "base.yaml").read_text()
    (repository / "base.yaml").write_text(base.replace("count: 8", "count: 4"))
    assert "is not fresh" in ran(capsys, "compile", "--check", code=1)
    assert "one.yaml" in ran(capsys, "diff", "--base", "HEAD", "base.yaml")


def test_a_change_of_the_base_is_a_change_of_the_profile_at_its_file_and_line(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = repository / "base.yaml"
    text = path.read_text()
    path.write_text(text.replace("gpu: B200", "gpu: H200"))
    line = path.read_text().splitlines().index("  gpu: H200") + 1

    told = ran(capsys, "diff", "--base", "main")
    assert f"(hardware.gpu, base.yaml:{line})" in told or f"base.yaml:{line})" in told
    assert "the same in its environments (staging)" in told
    value = json.loads(main_json(capsys, "diff", "--base", "main", "--format", "json"))
    changes = value["profiles"][0]["changes"]
    assert {one.get("at") for one in changes} == {f"base.yaml:{line}"}

    path.write_text(text)
    own = repository / "glm" / "one.yaml"
    own.write_text(OWN.replace("max_containers: 1", "max_containers: 2"))
    told = ran(capsys, "diff", "--base", "main")
    assert "glm/one.yaml (staging): 1 change" in told
    assert "modal.max_containers  1 -> 2" in told
    assert "glm/one.yaml: nothing at run time" in told


def main_json(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    main(list(words))
    return capsys.readouterr().out


def test_a_profile_is_shown_and_compiled_in_an_environment(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shown = main_json(capsys, "compile", "glm/one.yaml", "--format", "yaml")
    assert yaml.safe_load(shown)["environments"]
    assert "  app: one  # glm/one.yaml:3" in shown
    line = (repository / "base.yaml").read_text().splitlines().index("  count: 8") + 1
    assert f"  count: 8  # base.yaml:{line}" in shown

    words = ("glm/one.yaml", "--environment", "staging")
    shown = main_json(capsys, "compile", *words, "--format", "yaml")
    assert "max_containers: 1  # glm/one.yaml:6" in shown
    assert "environment: staging  # glm/one.yaml:5" in shown
    assert "# modal environment: staging" in main_json(capsys, "compile", *words)
    assert "environment" not in main_json(capsys, "compile", "glm/one.yaml").split("# modal app")[1]
    ran(capsys, "compile", "--write", *words)
    assert (repository / "glm" / "compiled" / "one.staging.flags").is_file()
    told = ran(capsys, "check", "glm/one.yaml", "--environment", "nowhere", code=1)
    assert "glm/one.yaml:4:1: error[environment-not-there]" in told
    assert "it has `staging`" in told


def test_a_base_that_may_not_be_read_is_an_error_at_the_key(
    repository: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "base.yaml").write_text("model: {}\n")
    (repository / "link.yaml").symlink_to(tmp_path / "base.yaml")
    for name, why in {
        "../gone.yaml": "there is no such file",
        "one.yaml": "it is this very file",
        "../../base.yaml": "is not in the repository",
        "../link.yaml": "is not in the repository",
        "../base.yaml/x.yaml": "cannot be read",
    }.items():
        (repository / "glm" / "one.yaml").write_text(OWN.replace("../base.yaml", name))
        told = ran(capsys, "check", "glm/one.yaml", code=1)
        assert "glm/one.yaml:1:10: error[base-not-read]" in told, told
        assert why in told
    (repository / "glm" / "one.yaml").write_text(OWN)
    assert "one.yaml: fine" in ran(capsys, "check", "glm/one.yaml")


def test_each_value_is_rewritten_in_the_file_that_it_stands_in(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    base, own = repository / "base.yaml", repository / "glm" / "one.yaml"
    own.write_text(f"{OWN}kernels: {{attention: nsa}}\n")
    was = yaml.safe_load(base.read_text())["engine"]["version"]
    told = ran(capsys, "upgrade", "glm/one.yaml", "--engine", "0.5.20", "--write")

    assert "wrote glm/one.yaml" in told
    assert "wrote base.yaml" in told
    assert f"base.yaml: engine.version: {was} -> 0.5.20" in told
    assert yaml.safe_load(base.read_text())["engine"]["version"] == "0.5.20"
    assert base.read_text().startswith("# the base\n")
    assert "attention: dsa" in own.read_text()
    assert "version" not in own.read_text()

    value = yaml.safe_load(base.read_text())
    value["engine"]["args"] = {"max-queued-requests": 20}
    base.write_text(dumped(value))
    own.write_text(OWN)
    assert "wrote base.yaml" in ran(capsys, "check", "glm/one.yaml", "--fix")
    fixed = yaml.safe_load(base.read_text())
    assert fixed["schedule"]["max_queued_requests"] == 20
    assert own.read_text() == OWN


def test_a_fallback_is_found_from_its_profile_here_and_in_a_commit(
    repository: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    own = repository / "glm" / "one.yaml"
    other = "extends: ../base.yaml\nname: two\nhardware: {gpu: H200}\nmodal: {app: two}\n"
    (repository / "glm" / "two.yaml").write_text(other)
    own.write_text(OWN.replace("{app: one}", "{app: one, fallback: [two.yaml]}"))
    assert "error" not in ran(capsys, "check", "glm/one.yaml")
    release = json.loads(main_json(capsys, "compile", "glm/one.yaml", "--format", "json"))
    assert [one["hardware"]["gpu"] for one in release["shapes"]] == ["H200"]
    ran(capsys, "check", "glm/one.yaml", "--environment", "staging")
    commit(repository, "second")

    (repository / "glm" / "two.yaml").write_text(f"{other}memory: {{mem_fraction_static: 0.7}}\n")
    told = json.loads(main_json(capsys, "diff", "--base", "HEAD", "--format", "json"))
    changed = {one["file"]: one for one in told["profiles"] if one["changes"]}
    assert set(changed) == {"glm/one.yaml", "glm/two.yaml"}
    (change,) = changed["glm/one.yaml"]["changes"]
    assert (change["key"], change["shape"]) == ("memory.mem_fraction_static", "H200:8")
    assert change["at"] == "glm/two.yaml:5"
    (repository / "glm" / "two.yaml").write_text(f"{other}schedule: {{max_running_requests: 9}}\n")
    told = json.loads(main_json(capsys, "diff", "--base", "HEAD", "--format", "json"))
    (changes,) = (one["changes"] for one in told["profiles"] if one["file"] == "glm/one.yaml")
    assert {one["what"]: (one.get("shape", ""), one.get("at")) for one in changes} == {
        "modal.max_inputs": ("", "glm/two.yaml:5"),
        "modal.target_inputs": ("", "glm/two.yaml:5"),
        "--max-running-requests": ("H200:8", "glm/two.yaml:5"),
    }

    (tmp_path / "away.yaml").write_text(other)
    (repository / "link.yaml").symlink_to(tmp_path / "away.yaml")
    for name, why in {
        "gone.yaml": "there is no such file",
        "one.yaml": "it is this very file",
        "../../away.yaml": "is not in the repository",
        "../link.yaml": "is not in the repository",
    }.items():
        own.write_text(OWN.replace("{app: one}", f"{{app: one, fallback: [{name}]}}"))
        told = ran(capsys, "check", "glm/one.yaml", code=1)
        assert "glm/one.yaml:3:30: error[fallback-not-read]" in told, told
        assert why in told, told
