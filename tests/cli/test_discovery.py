"""Which files are profiles: by content, by what the repository says, by words and patterns."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from deployer.cli.main import main
from deployer.profile.likeness import REQUIRED, likeness
from deployer.profile.model import Profile
from tests.override import no_override
from tests.repository import commit, git

pytestmark = pytest.mark.process

ROOT = Path(__file__).resolve().parents[2]
TINY = (ROOT / "profiles" / "cpu-tiny.yaml").read_text(encoding="utf-8")
PORT_LINE = TINY.splitlines().index("  port: 8000") + 1


@dataclass(frozen=True)
class Ran:
    code: int
    out: str
    err: str


Run = Callable[..., Ran]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    def call(*words: str) -> Ran:
        code = main(list(words))
        captured = capsys.readouterr()
        return Ran(code, captured.out, captured.err)

    return call


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder in no repository, with a profile deep in it and others' files around."""
    made = tmp_path / "work"
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))
    write(made, "deploy/glm/tiny.yml", TINY)
    write(made, "deploy/compose.yaml", "name: x\nservices: {}\n")
    write(made, "deploy/service.yaml", "type: service\nname: x\nmodel: y\n")
    write(made, "node_modules/a/p.yaml", named("of-others"))
    write(made, ".cache/p.yaml", named("hidden"))
    write(made, "env/pyvenv.cfg", "")
    write(made, "env/p.yaml", named("environment"))
    write(made, "clone/.git/HEAD", "ref: refs/heads/main\n")
    write(made, "clone/p.yaml", named("of-another-repository"))
    monkeypatch.chdir(made)
    return made


@pytest.fixture
def repository(folder: Path) -> Path:
    write(folder, ".gitignore", "clone\nenv\nnode_modules\n.cache\nprivate.yaml\n")
    git(folder, "init", "--quiet", "--initial-branch=main")
    commit(folder)
    return folder


def write(folder: Path, file: str, text: str) -> Path:
    path = folder / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def named(name: str, port: int = 8000) -> str:
    other = TINY.replace("name: cpu-tiny", f"name: {name}")
    return other.replace("  port: 8000", f"  port: {port}")


def test_what_is_looked_for_is_what_a_profile_requires() -> None:
    required = [name for name, each in Profile.model_fields.items() if each.is_required()]

    assert sorted(REQUIRED) == sorted(required)


@pytest.mark.parametrize(
    "path", [*(ROOT / "profiles").glob("*.yaml"), *(ROOT / "tests/data/sane").glob("*")]
)
def test_every_profile_looks_like_one(path: Path) -> None:
    assert likeness(path.read_text(encoding="utf-8")).profile


@pytest.mark.parametrize(
    ("text", "profile", "near"),
    [
        ("name: x\nmodel: y\nhardware: z\n", True, False),
        ("name: x\nmodel: y\nenigne: z\nhardware: [\n", True, False),
        ("'name' : x\n\"model\": y\nengine:\n", True, False),
        ("# a\n{name: x, model: {a: b},\n engine: z}\n", True, False),
        ('{"name": "x", "model": {}, "hardware": {}, "engine": {}}', True, False),
        ("{name: x, model: {hardware: 1, engine: 2}", False, False),
        ("x: {name: x, model: {hardware: 1, engine: 2}}", False, False),
        ("name: x\nmodel: y\n", False, True),
        ("name: x\n  model: y\n  hardware: z\n", False, False),
        ("# name: x\nmodels: y\nhardware_: z\n", False, False),
        ("apiVersion: v1\nkind: Service\nmetadata:\n  name: x\n", False, False),
        ("", False, False),
    ],
)
def test_a_likeness(text: str, profile: bool, near: bool) -> None:
    found = likeness(text)

    assert (found.profile, found.near) == (profile, near)


def test_without_a_word_every_profile_is_checked_and_named(repository: Path, run: Run) -> None:
    write(repository, "new/not-committed.yaml", named("new", 8001))

    ran = run("check")

    assert ran.code == 0
    assert "deploy/glm/tiny.yml: fine\n" in ran.out
    assert "new/not-committed.yaml: fine\n" in ran.out
    assert ran.err == (
        "Checked 2 profiles, found by their content: deploy/glm/tiny.yml, new/not-committed.yaml\n"
        "note: not taken for a profile: deploy/service.yaml (has no `hardware` and `engine`)\n"
    )


def test_json_names_what_was_checked(repository: Path, run: Run) -> None:
    write(repository, "new.yaml", named("new", 8001))

    found = json.loads(run("check", "--format", "json").out)

    assert found["checked"] == ["deploy/glm/tiny.yml", "new.yaml"]
    assert found["findings"] == []


def test_a_subfolder_checks_the_whole_repository(
    repository: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(repository / "deploy" / "glm")
    write(repository, "a.yaml", named("a", 8001))

    ran = run("check")

    assert ran.out == "../../a.yaml: fine\ntiny.yml: fine\n"


def test_without_git_a_folder_is_walked_but_not_what_others_put_there(
    folder: Path, run: Run
) -> None:
    assert folder.is_dir()
    ran = run("check")

    assert (ran.code, ran.out) == (0, "deploy/glm/tiny.yml: fine\n")


@pytest.mark.parametrize("words", [["."], ["deploy"], ["deploy/"], ["deploy/**"], ["deploy/*/*"]])
def test_folders_and_patterns_without_an_ending_take_what_looks_like_a_profile(
    repository: Path, run: Run, words: list[str]
) -> None:
    assert repository.is_dir()
    ran = run("check", *words)

    assert (ran.code, ran.out) == (0, "deploy/glm/tiny.yml: fine\n")
    assert "found by their content: deploy/glm/tiny.yml" in ran.err


def test_a_pattern_with_an_ending_takes_all_that_it_matches(repository: Path, run: Run) -> None:
    assert repository.is_dir()
    ran = run("check", "deploy/*.yaml")

    assert ran.code == 1
    assert "deploy/compose.yaml:1:1: error[missing-key]" in ran.out
    assert "deploy/service.yaml" in ran.out


@pytest.mark.parametrize("verb", ["check", "compile"])
@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["nothere/*.yaml"], "`nothere/*.yaml` matches nothing: there is no folder"),
        (["*.yaml"], "`*.yaml` matches nothing in the repository"),
        (["deploy/glm/*.yml", "deploy/glm/*.yaml"], "`deploy/glm/*.yaml` matches nothing in"),
        (["empty"], "`empty` matches nothing in the repository"),
        ([""], "an empty word names no profile"),
        (["deploy/glm/tiny.yml", "missing.yaml"], "missing.yaml: there is no such file"),
    ],
)
def test_what_matches_nothing_is_no_success(
    repository: Path, run: Run, verb: str, words: list[str], said: str
) -> None:
    (repository / "empty").mkdir()
    ran = run(verb, *words)

    assert (ran.code, ran.out) == (2, "")
    assert said in ran.err


def test_nothing_at_all_says_where_was_looked(repository: Path, run: Run) -> None:
    (repository / "deploy" / "glm" / "tiny.yml").unlink()

    ran = run("check", "--format", "github")

    assert (ran.code, ran.out) == (2, "")
    assert f"there is no profile in the repository {repository}, among 2 YAML files" in ran.err
    assert "say in deployer.yaml where they are" in ran.err
    assert "Not taken: deploy/service.yaml (has no `hardware` and `engine`)" in ran.err


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("deployer.yaml", "profiles: [deploy/**/*.yml]\n"),
        ("deployer.yaml", "profiles:\n  - deploy/glm\n"),
        ("deployer.yaml", "profiles: [deploy/glm/tiny.yml]\n"),
        ("pyproject.toml", '[tool.deployer]\nprofiles = ["deploy/**"]\n'),
    ],
)
def test_where_profiles_are_may_be_said(repository: Path, run: Run, file: str, text: str) -> None:
    write(repository, "examples/other.yaml", named("other"))
    write(repository, file, text)

    ran = run("check")

    assert (ran.code, ran.out) == (0, "deploy/glm/tiny.yml: fine\n")
    assert ran.err == f"Checked 1 profile, found as {file} says: deploy/glm/tiny.yml\n"


DEEP = "[" * 20_000


@pytest.mark.parametrize(
    ("file", "text", "said"),
    [
        ("deployer.yaml", "profiles: [gone/*.yml]\n", "says that profiles are at `gone/*.yml`"),
        ("deployer.yaml", "profiles: deploy\n", "is not a list of patterns"),
        ("deployer.yaml", "profiles: []\n", "is not a list of patterns"),
        ("deployer.yaml", "profiles:\n", "is not a list of patterns"),
        ("deployer.yaml", "profiles: [a]\nprofiles: [b]\n", "has `profiles` twice"),
        ("pyproject.toml", "[tool]\ndeployer.profiles = []\n", "is not a list of patterns"),
        ("deployer.yaml", "profiles: [../other]\n", "leads out of the repository: ../other"),
        ("deployer.yaml", "profiles: [a]\nprofile: b\n", "has `profile`, which means nothing"),
        ("deployer.yaml", "profile: [a]\n", "has `profile`, which means nothing"),
        ("deployer.yaml", "", "deployer.yaml has no `profiles`"),
        ("deployer.yaml", "profiles: [\n", "deployer.yaml is not YAML"),
        ("deployer.yaml", "profiles: 2026-13-45\n", "deployer.yaml is not YAML"),
        ("deployer.yaml", "profiles: !!timestamp x\n", "deployer.yaml is not YAML"),
        pytest.param("deployer.yaml", f"profiles: {DEEP}\n", "is not YAML", id="deep YAML"),
        pytest.param(
            "pyproject.toml", f"[tool.deployer]\nprofiles = {DEEP}\n", "is not TOML", id="deep TOML"
        ),
        ("pyproject.toml", "[tool.deployer]\nprofile = 1\n", "has `profile`, which means nothing"),
        ("pyproject.toml", "[tool.deployer]\nprofiles =\n", "pyproject.toml is not TOML"),
    ],
)
def test_what_is_wrong_with_saying_it(
    repository: Path, run: Run, file: str, text: str, said: str
) -> None:
    write(repository, file, text)

    ran = run("check")

    assert (ran.code, ran.out) == (2, "")
    assert said in ran.err


def test_a_pyproject_of_others_says_nothing(repository: Path, run: Run) -> None:
    write(repository, "pyproject.toml", '[project]\nname = "x"\n')

    assert run("check").out == "deploy/glm/tiny.yml: fine\n"


def test_a_profile_in_braces_is_found(repository: Path, run: Run) -> None:
    value = yaml.safe_load(named("braces", 8001))
    write(repository, "braces.yaml", json.dumps(value))

    assert "found by their content: braces.yaml, deploy/glm/tiny.yml" in run("check").err


def test_links_are_not_followed(repository: Path, run: Run, tmp_path: Path) -> None:
    outside = write(tmp_path, "outside.yaml", named("outside"))
    (repository / "deploy" / "link.yaml").symlink_to(outside)
    (repository / "deploy" / "more").symlink_to(tmp_path)

    ran = run("check")
    assert ran.out == "deploy/glm/tiny.yml: fine\n"
    assert "deploy/link.yaml (a link: one is followed only where it is named)" in ran.err
    assert "link.yaml" not in run("check", "deploy/*.yaml").out


def test_an_odd_file_stops_no_other(repository: Path, run: Run) -> None:
    huge = write(repository, "huge.yaml", named("huge") + "#" * 1_000_001)

    ran = run("check", "--format", "json", "deploy/glm/tiny.yml", str(huge))

    assert ran.code == 1
    found = {one["check"]: one for one in json.loads(ran.out)["findings"]}
    assert "is larger than 1,000,000 bytes" in found["unreadable-file"]["message"]
    assert found["sibling-not-read"]["file"] == "deploy/glm/tiny.yml"


def test_a_profile_comes_in_on_standard_input(
    folder: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert folder.is_dir()

    def given(text: str) -> None:
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(text.encode())))

    given(TINY)
    assert run("check", "-") == Ran(0, "<stdin>: fine\n", "")
    given(TINY.replace("  port: 8000", "  prot: 8000"))
    assert f"<stdin>:{PORT_LINE}:3: error[unknown-key]" in run("check", "-").out
    given("")
    ran = run("check", "-")
    assert (ran.code, ran.out) == (2, "")
    assert "nothing came in on standard input" in ran.err


def test_a_folder_that_is_called_as_a_program_is_a_folder(repository: Path, run: Run) -> None:
    write(repository, "sglang/p.yaml", named("p", 8001))

    assert run("check", "sglang").out == "sglang/p.yaml: fine\n"


def test_a_file_is_named_as_the_command_line_has_it(repository: Path, run: Run) -> None:
    pattern = str(repository / "deploy" / "*" / "*.yml")

    assert run("check", pattern).out == f"{repository}/deploy/glm/tiny.yml: fine\n"
    ran = run("compile", "deploy/glm/*.yml", "deploy/glm/tiny.yml")
    assert ran.out.count("--served-model-name glm-tiny") == 1


def test_a_copy_is_found_beside_its_original(repository: Path, run: Run) -> None:
    write(repository, "deploy/copy.yaml", named("cpu-tiny", 9000))

    for words in (["deploy/copy.yaml"], []):
        ran = run("check", *words)
        assert ran.code == 1
        assert "`cpu-tiny` is the name of deploy/glm/tiny.yml, too" in ran.out
    assert "is the name of deploy/copy.yaml, too" in ran.out


def test_many_copies_are_one_finding_a_key(repository: Path, run: Run) -> None:
    for n in range(3):
        write(repository, f"deploy/copy{n}.yaml", named("cpu-tiny", 9000 + n))

    ran = run("check", "--format", "json", "deploy/copy1.yaml")

    (found,) = json.loads(ran.out)["findings"]
    assert found["message"].startswith("`cpu-tiny` is the name of deploy/")
    assert found["message"].endswith("(and 2 more files)")


def test_in_no_repository_the_siblings_are_those_of_the_folder(folder: Path, run: Run) -> None:
    write(folder, "deploy/copy.yaml", named("cpu-tiny", 9000))
    assert run("check", "deploy/copy.yaml").code == 0

    write(folder, "deploy/again.yaml", named("cpu-tiny", 9001))
    assert run("check", "deploy/copy.yaml").code == 1


def test_one_port_is_a_warning_and_may_be_allowed(repository: Path, run: Run) -> None:
    write(repository, "other.yaml", named("other"))
    assert run("check", "other.yaml").code == 0
    assert run("check", "--strict", "other.yaml").code == 1

    reason = "  # deployer: allow[port-shared] one at a time"
    for file, text in (("other.yaml", named("other")), ("deploy/glm/tiny.yml", TINY)):
        write(repository, file, text.replace("  port: 8000", f"  port: 8000{reason}"))
    ran = run("check", "--strict")
    assert (ran.code, ran.out) == (
        0,
        "deploy/glm/tiny.yml: fine (1 allowed)\nother.yaml: fine (1 allowed)\n",
    )


def test_an_allowance_that_nothing_needs_any_more_is_told(repository: Path, run: Run) -> None:
    reason = "  # deployer: allow[port-shared] one at a time"
    text = TINY.replace("  port: 8000", f"  port: 8000{reason}")
    write(repository, "deploy/glm/tiny.yml", text)

    assert "warning[allow-unused]" in run("check").out
    write(repository, "broken.yaml", "name: 'x\nmodel: y\nengine: z\n")
    assert "allow-unused" not in run("check", "deploy/glm/tiny.yml").out, "it cannot be known"


def test_the_shipped_profiles_are_no_trouble_to_each_other(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    ran = run("check", "--strict", "--format", "json")

    assert ran.code == 0
    found = {one["check"] for one in json.loads(ran.out)["findings"]}
    assert not found & {"app-taken-twice", "name-taken-twice", "port-shared", "sibling-not-read"}
    assert "found as pyproject.toml says: profiles/b200-" in ran.err


def test_a_file_without_permission_is_told(repository: Path, run: Run) -> None:
    path = write(repository, "secret.yaml", named("secret"))
    path.chmod(0)

    with no_override():
        assert "unreadable-file" in run("check", "secret.yaml").out
