"""`deployer diff` against real repositories: what git knows is found, and told in each form."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from deployer.cli.git_profiles import Text
from deployer.cli.main import main
from deployer.cli.moves import moves
from tests.repository import commit, git

from .pull_requests import BASE, edited

pytestmark = pytest.mark.process


TINY = (Path(__file__).resolve().parents[2] / "profiles" / "cpu-tiny.yaml").read_text("utf-8")


@dataclass(frozen=True)
class Ran:
    code: int
    out: str
    err: str

    @property
    def profiles(self) -> dict[str, dict[str, Any]]:
        return {one["file"]: one for one in json.loads(self.out)["profiles"]}


Run = Callable[..., Ran]


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    made = tmp_path / "repository"
    (made / "profiles").mkdir(parents=True)
    write(made, "glm", BASE)
    git(made, "init", "--quiet", "--initial-branch=main")
    commit(made)
    git(made, "checkout", "--quiet", "-b", "change")
    monkeypatch.chdir(made)
    return made


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    def call(*words: str) -> Ran:
        code = main(["diff", *words])
        captured = capsys.readouterr()
        return Ran(code, captured.out, captured.err)

    return call


def write(folder: Path, name: str, text: str) -> None:
    (folder / "profiles" / f"{name}.yaml").write_text(text, encoding="utf-8")


def against(repository: Path) -> str:
    """What is said of what was compared with."""
    return f"with commit {git(repository, 'rev-parse', 'main')[:12]} (main)"


def test_no_change_names_what_was_compared(repository: Path, run: Run) -> None:
    assert run("--base", "main") == Ran(
        0,
        "Nothing changes at run time: compared 1 profile in the working tree "
        f"{against(repository)}, found by their content\n"
        "  the same to the byte: profiles/glm.yaml\n",
        "",
    )
    assert run("--base", "main", "--exit-code").code == 0


def test_what_is_in_the_working_tree_counts(repository: Path, run: Run) -> None:
    write(repository, "glm", edited("num_steps"))

    ran = run("--base", "main")

    assert ran == Ran(
        0,
        "profiles/glm.yaml: 2 changes: kernels compiled again (once, $12.58 to $101.81); "
        "KV capacity ±0 tokens; new containers\n"
        "  ~ --speculative-num-steps  3 -> 4  (speculative.num_steps)\n"
        "      The number of steps sampled from draft model in Speculative Decoding; "
        "default: not set\n"
        "      kernels compiled again (once, $12.58 to $101.81): those of before are for another: "
        "speculative.num_steps 3 -> 4\n"
        "      KV capacity ±0 tokens: running requests reserve tokens of the pool for drafts, and "
        "CUDA graphs are captured for the tokens that are verified at once\n"
        "  ~ --speculative-num-draft-tokens  4 -> 5  (speculative.num_steps)\n"
        "      The number of tokens sampled from the draft model in Speculative Decoding; "
        "default: not set\n"
        "      kernels compiled again (once, $12.58 to $101.81): those of before are for another: "
        "speculative.num_steps 3 -> 4\n"
        "      KV capacity ±0 tokens: running requests reserve tokens of the pool for drafts, and "
        "CUDA graphs are captured for the tokens that are verified at once\n"
        "  KV pool: about 651,000 tokens in 60.7 GiB before and after; a running request reserves "
        "up to 10 tokens of the pool instead of 8 (480 for 48 requests instead of 384), and CUDA "
        "graphs are captured for 5 tokens a request instead of 4, in memory outside the pool\n"
        "  The next deploy replaces the containers that run\n"
        "\n"
        f"Compared 1 profile in the working tree {against(repository)}, found by their content\n",
        "",
    )
    assert run("--base", "main", "--exit-code").code == 1


def test_json_holds_what_the_other_forms_say(repository: Path, run: Run) -> None:
    write(repository, "glm", edited("mem_fraction"))

    ran = run("--base", "main", "--format", "json")

    document = json.loads(ran.out)
    assert (ran.code, document["format_version"], document["changed"]) == (0, 1, True)
    (profile,) = document["profiles"]
    assert profile["effects"] == ["KV capacity", "new containers"]
    (change,) = profile["changes"]
    assert change["key"] == "memory.mem_fraction_static"
    assert (change["what"], change["old"], change["new"]) == (
        "--mem-fraction-static",
        "0.85",
        "0.88",
    )
    assert change["default"] == "not set"
    assert [c["effect"] for c in change["consequences"]] == profile["effects"]
    assert round(profile["capacity"]["old"]["tokens"], -3) == 651_000


def test_new_deleted_and_moved_profiles_are_told(repository: Path, run: Run) -> None:
    write(
        repository,
        "gone",
        BASE.replace("name: b200-fp8-eagle", "name: gone").replace("glm-5.1", "x"),
    )
    git(repository, "checkout", "--quiet", "main")
    commit(repository)
    git(repository, "checkout", "--quiet", "-b", "second")
    (repository / "profiles" / "gone.yaml").unlink()
    git(repository, "mv", "profiles/glm.yaml", "profiles/moved.yaml")
    write(repository, "moved", edited("served_name"))
    tiny = Path(__file__).resolve().parents[2] / "profiles" / "cpu-tiny.yaml"
    write(repository, "tiny", tiny.read_text(encoding="utf-8"))

    ran = run("--base", "main", "--format", "json")

    assert ran.code == 0, ran.err
    assert {file: one["status"] for file, one in ran.profiles.items()} == {
        "profiles/gone.yaml": "deleted",
        "profiles/moved.yaml": "changed",
        "profiles/tiny.yaml": "added",
    }
    moved = ran.profiles["profiles/moved.yaml"]
    assert moved["old_file"] == "profiles/glm.yaml"
    assert [c["what"] for c in moved["changes"]] == ["--served-model-name"]
    text = run("--base", "main").out
    assert "profiles/gone.yaml: deleted, gone\n  note: What runs goes on, and costs" in text
    assert "profiles/tiny.yaml: a new deployment, cpu-tiny\n" in text
    assert "profiles/moved.yaml (was profiles/glm.yaml): 1 change: visible to API clients" in text


@pytest.mark.parametrize(("kept", "moved"), [(6, True), (5, False)])
def test_a_file_that_moved_is_known_by_six_of_ten_lines(
    repository: Path, run: Run, kept: int, *, moved: bool
) -> None:
    """With another name in it, so that its lines decide: 0.6 of them are the least."""
    write(repository, "before", "".join(f"# {line}\n" for line in range(10)))
    git(repository, "checkout", "--quiet", "main")
    commit(repository)
    git(repository, "checkout", "--quiet", "-b", "second")
    (repository / "profiles" / "before.yaml").unlink()
    lines = [f"# {line}\n" if line < kept else f"# other {line}\n" for line in range(10)]
    write(repository, "after", "".join(lines))

    ran = run("--base", "main", "profiles/*.yaml")

    assert ("after.yaml (was profiles/before.yaml)" in ran.out + ran.err) is moved


def test_what_comments_allow_is_told_though_nothing_runs_otherwise(
    repository: Path, run: Run
) -> None:
    profile = repository / "profiles" / "glm.yaml"
    text = profile.read_text(encoding="utf-8")
    line = next(one for one in text.splitlines() if one.strip().startswith("port:"))
    allow = f"  # deployer: allow[metrics-in-the-open] it is a demonstration\n{line}"
    profile.write_text(text.replace(line, allow, 1), encoding="utf-8")

    said = "security: a new comment allows `metrics-in-the-open`, because: it is a demonstration"
    ran = run("--base", "HEAD")
    assert said in ran.out
    assert "only comments, order or spelling; comments allow other findings" in ran.out
    assert said in run("--base", "HEAD", "--format", "markdown").out
    (found,) = json.loads(run("--base", "HEAD", "--format", "json").out)["profiles"]
    assert found["allowed"] == [said]

    commit(repository)
    profile.write_text(text, encoding="utf-8")
    gone = "no comment allows `metrics-in-the-open` any more, as before: it is a demonstration"
    assert gone in run("--base", "HEAD").out


def test_hundreds_of_moved_profiles_are_paired_by_what_they_deploy(repository: Path) -> None:
    text = (repository / "profiles" / "glm.yaml").read_text(encoding="utf-8")
    old = {f"profiles/{n}.yaml": f"name: p{n}\n{text}" for n in range(300)}
    new = {file.replace("profiles", "deploy"): text for file, text in old.items()}
    texts = [[Text(file, text) for file, text in side.items()] for side in (old, new)]

    found = moves(*texts)

    assert len(found) == 300
    assert all(Path(one.file).name == Path(other.file).name for one, other in found)
    nameless = [[Text(t.file, t.text.partition("\n")[2]) for t in side] for side in texts]
    assert moves(*([Text(t.file, "x: 1\n") for t in side] for side in nameless)) == []


def test_the_base_is_where_the_branch_left_it(repository: Path, run: Run) -> None:
    git(repository, "checkout", "--quiet", "main")
    write(repository, "glm", edited("gpu"))
    commit(repository)
    git(repository, "checkout", "--quiet", "change")
    write(repository, "glm", edited("served_name"))
    commit(repository)

    ran = run("--base", "main", "--format", "json")

    assert [c["what"] for c in ran.profiles["profiles/glm.yaml"]["changes"]] == [
        "--served-model-name"
    ]


def test_two_commits_can_be_compared_without_a_checkout(repository: Path, run: Run) -> None:
    write(repository, "glm", edited("served_name"))
    (repository / "profiles" / "link.yaml").symlink_to("/etc/hostname")
    commit(repository)
    git(repository, "checkout", "--quiet", "main")

    ran = run("--base", "main", "--head", "change", "--format", "json")

    assert set(ran.profiles) == {"profiles/glm.yaml"}, "links are not followed"
    assert [c["new"] for c in ran.profiles["profiles/glm.yaml"]["changes"]] == ["glm-5.1-fp8"]
    assert run("--base", "main").out.startswith("Nothing changes at run time: compared 1 profile")


def test_a_broken_new_side_is_named_and_exits_1(repository: Path, run: Run) -> None:
    write(repository, "glm", BASE.replace("num_steps", "num_stepz"))
    other = edited("image").replace("app: glm51-b200-fp8-eagle", "app: other")
    write(repository, "other", other.replace("name: b200-fp8-eagle", "name: other"))

    ran = run("--base", "main")

    assert ran.code == 1
    assert "error[unknown-key]" in ran.err
    assert ran.out.startswith("profiles/glm.yaml: not right, 1 error\n  note: what cannot be read ")
    assert "\n  line 41: unknown-key\n" in ran.out
    assert (
        "profiles/other.yaml: a new deployment, other; comments allow other findings\n" in ran.out
    )


def test_an_error_hides_no_flag_that_changes(repository: Path, run: Run) -> None:
    wrong = BASE.replace("mem_fraction_static: 0.85", "mem_fraction_static: 0.86")
    long = "lifecycle:\n  warmup_long_tokens: 900000\n"
    write(repository, "glm", wrong.replace("lifecycle:\n", long))

    ran = run("--base", "main")

    assert ran.code == 1
    assert "profiles/glm.yaml: not right, 1 error; 2 changes: KV capacity" in ran.out
    assert "  ~ --mem-fraction-static  0.85 -> 0.86" in ran.out
    assert "| `--mem-fraction-static`" in run("--base", "main", "--format", "markdown").out
    told = run("--base", "main", "--format", "json").profiles["profiles/glm.yaml"]
    assert (told["status"], len(told["problems"])) == ("broken", 1)
    assert "--mem-fraction-static" in [one["what"] for one in told["changes"]]


def test_what_cannot_be_read_hides_nothing_else(repository: Path, run: Run) -> None:
    wrong = BASE.replace("num_steps: 3", "num_steps: three")
    write(repository, "glm", wrong.replace("served_name: glm-5.1\n", "served_name: other\n"))

    ran = run("--base", "main")

    assert ran.code == 1
    assert "note: what cannot be read counts as it was, and all else is compared" in ran.out
    assert "  ~ --served-model-name  glm-5.1 -> other" in ran.out
    assert "--speculative-num-steps" not in ran.out


def test_a_new_section_that_cannot_be_read_hides_nothing_else(repository: Path, run: Run) -> None:
    other = BASE.replace("served_name: glm-5.1\n", "served_name: other\n")
    write(repository, "glm", f"{other}\nlora:\n  max_rank: sixteen\n")

    ran = run("--base", "main")

    assert ran.code == 1
    assert "profiles/glm.yaml: not right, 1 error; 1 change" in ran.out
    assert "  ~ --served-model-name  glm-5.1 -> other" in ran.out


def test_a_new_profile_that_is_not_right_is_shown_all_the_same(repository: Path, run: Run) -> None:
    write(repository, "tiny", TINY.replace("warmup_long_tokens: 1000", "warmup_long_tokens: 99999"))

    told = run("--base", "main", "--format", "json").profiles["profiles/tiny.yaml"]

    assert told["status"] == "broken"
    assert told["contents"]


def test_a_broken_old_side_is_said_and_the_rest_is_compared(repository: Path, run: Run) -> None:
    write(repository, "glm", BASE.replace("num_steps", "num_stepz"))
    git(repository, "checkout", "--quiet", "main")
    commit(repository)
    git(repository, "checkout", "--quiet", "-b", "second")
    write(repository, "glm", BASE)

    ran = run("--base", "main", "profiles/glm.yaml")

    assert ran.code == 0
    assert "note: what was there before could not be read, so all of it is shown as new" in ran.out


def test_an_old_side_with_errors_is_compared_all_the_same(repository: Path, run: Run) -> None:
    write(repository, "glm", BASE.replace("version: 0.5.10.post1", "version: 9.9.9"))
    git(repository, "checkout", "--quiet", "main")
    commit(repository)
    git(repository, "checkout", "--quiet", "-b", "second")
    write(repository, "glm", BASE)

    ran = run("--base", "main")

    assert ran.code == 0
    assert ran.err == ""
    assert "note: what was there before was not right, and is compared all the same\n" in ran.out
    assert "  ~ engine.version  9.9.9 -> 0.5.10.post1\n" in ran.out


def test_profiles_are_named_by_file_folder_and_pattern(repository: Path, run: Run) -> None:
    (repository / "other").mkdir()
    (repository / "other" / "b.yml").write_text(BASE, encoding="utf-8")
    write(repository, "glm", edited("image"))
    git(repository, "add", "--all")

    def files(*words: str) -> set[str]:
        return set(run("--base", "main", "--format", "json", *words).profiles)

    assert files() == {"profiles/glm.yaml", "other/b.yml"}
    assert files("profiles", "other/*.yml") == {"profiles/glm.yaml", "other/b.yml"}
    assert files("**") == files("**/*.yaml", "**/*.yml") == {"profiles/glm.yaml", "other/b.yml"}
    assert files("other") == {"other/b.yml"}
    assert files("*/*.y*ml") == {"profiles/glm.yaml", "other/b.yml"}
    assert files("profiles/glm.yaml") == {"profiles/glm.yaml"}
    assert files(str(repository / "other")) == {"other/b.yml"}


def move_to(repository: Path, folder: str) -> Path:
    """Let the profiles lie where nobody would look for them, and have it committed."""
    (repository / folder).mkdir(parents=True)
    git(repository, "mv", "profiles/glm.yaml", f"{folder}/prod.yml")
    git(repository, "checkout", "--quiet", "main")
    commit(repository)
    return repository / folder / "prod.yml"


def test_a_changed_profile_is_found_wherever_it_lies(
    repository: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    profile = move_to(repository, "deploy/glm")
    (repository / "deploy" / "compose.yaml").write_text("name: x\nservices: {}\n")
    profile.write_text(edited("image"), encoding="utf-8")

    for words in ([], ["deploy"], ["deploy/**"], ["deploy/glm"], ["**/*.yml"]):
        ran = run("--base", "HEAD", "--exit-code", *words)
        assert ran.code == 1, words
        assert ran.out.startswith("deploy/glm/prod.yml: 1 change: kernels compiled again"), words
    monkeypatch.chdir(repository / "deploy" / "glm")
    assert run("--base", "HEAD").out.startswith("prod.yml: 1 change: kernels compiled again")


def test_nothing_to_compare_is_no_success(repository: Path, run: Run) -> None:
    git(repository, "rm", "--quiet", "profiles/glm.yaml")
    (repository / "near.yaml").write_text("name: x\nmodel: y\n", encoding="utf-8")
    git(repository, "checkout", "--quiet", "main")
    commit(repository)

    ran = run("--base", "HEAD", "--format", "markdown")

    assert (ran.code, ran.out) == (2, "")
    assert "there is no profile in commit" in ran.err
    assert f"and in the repository {repository}, among 1 YAML file" in ran.err
    assert "say in deployer.yaml where they are" in ran.err
    assert "Not taken: near.yaml (has no `hardware` and `engine`)" in ran.err


def test_where_the_repository_says_that_profiles_are(repository: Path, run: Run) -> None:
    profile = move_to(repository, "deploy")
    (repository / "deployer.yaml").write_text("profiles:\n  - deploy/*.yml\n", encoding="utf-8")
    write(repository, "example", BASE)
    commit(repository)
    profile.write_text(edited("image"), encoding="utf-8")

    ran = run("--base", "HEAD", "--format", "json")

    assert set(ran.profiles) == {"deploy/prod.yml"}
    assert json.loads(ran.out)["found"] == "as deployer.yaml says"


def test_a_change_of_where_profiles_are_hides_nothing(repository: Path, run: Run) -> None:
    write(repository, "glm", edited("image"))
    (repository / "other").mkdir()
    (repository / "other" / "b.yml").write_text(BASE.replace("b200-fp8", "b"), encoding="utf-8")
    (repository / "pyproject.toml").write_text('[tool.deployer]\nprofiles = ["other"]\n')

    ran = run("--base", "main", "--format", "json")

    assert {file: one["status"] for file, one in ran.profiles.items()} == {
        "profiles/glm.yaml": "changed",
        "other/b.yml": "added",
    }


@pytest.mark.parametrize(
    ("file", "text"),
    [
        (".gitignore", "profiles/glm.yaml\n"),
        (".gitattributes", "profiles/* binary\n"),
        (".gitattributes", "profiles/* -diff -text\n"),
    ],
)
def test_no_file_of_the_repository_hides_a_profile(
    repository: Path, run: Run, file: str, text: str
) -> None:
    write(repository, "glm", edited("image"))
    (repository / file).write_text(text, encoding="utf-8")
    seen = run("--base", "main", "--format", "json").profiles
    git(repository, "add", file)
    git(repository, "commit", "--quiet", "--all", "--message", "Hide it")

    for profiles in (seen, run("--base", "main", "--head", "HEAD", "--format", "json").profiles):
        assert {name: one["status"] for name, one in profiles.items()} == {
            "profiles/glm.yaml": "changed"
        }


def test_saying_otherwise_where_profiles_are_is_told_and_what_it_leaves_out_too(
    repository: Path, run: Run
) -> None:
    (repository / "deployer.yaml").write_text("profiles: [decoy/*.yaml]\n", encoding="utf-8")
    (repository / "decoy").mkdir()
    (repository / "decoy" / "d.yaml").write_text(edited("image"), encoding="utf-8")
    said = "security: where profiles are found changes from by their content to `decoy/*.yaml`"
    for form in ("text", "markdown"):
        assert said in run("--base", "HEAD", "--format", form).out
    found = json.loads(run("--base", "HEAD", "--format", "json").out)
    assert found["changed"]
    assert found["remarks"] == [f"{said} (deployer.yaml)"]

    commit(repository)
    write(repository, "glm", edited("image"))
    ran = run("--base", "HEAD")
    assert (
        "not compared, though it looks like a profile and changes: `profiles/glm.yaml` is not "
        "among what deployer.yaml names" in ran.out
    )
    assert run("--base", "HEAD", "--exit-code").code == 1


def test_what_cannot_be_read_is_told_and_the_rest_is_compared(repository: Path, run: Run) -> None:
    write(repository, "glm", edited("image"))
    write(repository, "huge", BASE + "#" * 1_000_001)

    ran = run("--base", "main", "profiles/*.yaml")

    assert ran.code == 1
    assert "profiles/glm.yaml: 1 change: kernels compiled again" in ran.out
    assert "profiles/huge.yaml: not right, 1 error\n  " in ran.out
    assert "is larger than 1,000,000 bytes" in ran.out


def test_a_copy_that_takes_its_originals_app_is_told(repository: Path, run: Run) -> None:
    write(repository, "copy", edited("image"))

    ran = run("--base", "main")

    assert ran.code == 1
    assert "error[app-taken-twice]" in ran.err
    assert "error[name-taken-twice]" in ran.err
    head = "profiles/copy.yaml: a new deployment, b200-fp8-eagle; it takes what another profile"
    assert ran.out.startswith(head)
    assert "is the app of profiles/glm.yaml, too" in ran.out
    (copy,) = json.loads(run("--base", "main", "--format", "json", "profiles/copy.yaml").out)[
        "profiles"
    ]
    assert [clash.partition(":")[0] for clash in copy["clashes"]] == [
        "name-taken-twice",
        "app-taken-twice",
    ]


def test_two_files_that_are_the_same_are_named(repository: Path, run: Run) -> None:
    (repository / "b.yaml").write_text(BASE, encoding="utf-8")

    assert run("profiles/glm.yaml", "b.yaml") == Ran(
        0,
        "Nothing changes at run time: compared 1 profile\n"
        "  the same to the byte: b.yaml (was profiles/glm.yaml)\n",
        "",
    )


def test_json_names_every_profile_with_both_sides(repository: Path, run: Run) -> None:
    write(repository, "tiny", TINY)
    commit(repository)
    (repository / "profiles" / "tiny.yaml").unlink()

    document = json.loads(run("--base", "HEAD", "--format", "json").out)

    assert document["compared"] == 2
    assert document["against"] == {
        "ref": "HEAD",
        "commit": git(repository, "rev-parse", "HEAD"),
        "head": "",
    }
    assert [(one["status"], one["old"], one["new"]) for one in document["profiles"]] == [
        ("deleted", "profiles/tiny.yaml", None),
        ("identical", "profiles/glm.yaml", "profiles/glm.yaml"),
    ]


def test_a_repository_without_a_commit_says_so(
    tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    git(tmp_path, "init", "--quiet", "--initial-branch=main")
    (tmp_path / "p.yaml").write_text(BASE, encoding="utf-8")
    monkeypatch.chdir(tmp_path)

    ran = run("--base", "main")

    assert ran.code == 2
    assert "git knows no commit `main` here: nothing is committed yet" in ran.err


def test_the_first_commit_has_no_parent(repository: Path, run: Run) -> None:
    assert repository.is_dir()
    ran = run("--base", "HEAD~1")

    assert ran.code == 2
    assert "git knows no commit `HEAD~1` here" in ran.err
    assert "git fetch" not in ran.err


def test_a_subfolder_sees_paths_as_people_type_them(
    repository: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(repository, "glm", edited("image"))
    monkeypatch.chdir(repository / "profiles")

    assert set(run("--base", "main", "--format", "json", "glm.yaml").profiles) == {"glm.yaml"}
    assert set(run("--base", "main", "--format", "json", ".").profiles) == {"glm.yaml"}


def test_a_missing_ref_says_what_brings_it(
    repository: Path, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran = run("--base", "no-such")
    assert ran.code == 2
    assert "git knows no commit `no-such` here" in ran.err

    write(repository, "glm", edited("image"))
    commit(repository)
    shallow = tmp_path / "shallow"
    git(
        tmp_path,
        "clone",
        "--quiet",
        "--depth=1",
        "--branch=change",
        f"file://{repository}",
        str(shallow),
    )
    monkeypatch.chdir(shallow)

    ran = run("--base", "origin/main")
    assert ran.code == 2
    assert (
        "This clone is shallow: `git fetch --depth=1 origin main` brings that commit\n" in ran.err
    )

    git(shallow, "fetch", "--quiet", "--depth=1", "origin", "main:refs/remotes/origin/main")
    ran = run("--base", "origin/main")
    assert ran.code == 0
    assert ran.err == (
        "note: this clone is shallow, so the comparison is with origin/main as it is now\n"
    )
    assert "engine.image" in ran.out

    assert "Did you mean origin/main?" in run("--base", "main").err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--head", "main"], "it needs --base too"),
        (["--base", "main", "--head", "no"], "git knows no commit `no` here"),
        (["one.yaml"], "it takes two files to compare"),
        (["--base", "--output=x"], "git knows no commit `--output=x` here"),
        (["--base", "main", "no.yaml"], "no.yaml: there is no such file, here or in the commit"),
        (["a.yaml", "b.yaml"], "a.yaml: there is no such file"),
        (["--base", "main", "/"], "outside of this repository"),
        (["--base", "main", "../next.yaml"], "outside of this repository"),
        (["--base", "main", "../*.yaml"], "outside of this repository"),
        (["--base", "main", "nothere/*.yaml"], "`nothere/*.yaml` matches nothing in commit"),
        (["--base", "main", "profiles/*.yaml", "*.yml"], "`*.yml` matches nothing in commit"),
        (["--base", "main", ""], "an empty word names no profile"),
        (["--base", ""], "the commit to compare with is empty"),
        (["--base", "main", "empty"], "`empty` matches nothing in commit"),
    ],
)
def test_wrong_usage_exits_2(repository: Path, run: Run, words: list[str], said: str) -> None:
    (repository / "empty").mkdir()
    ran = run(*words)

    assert ran.code == 2
    assert ran.out == ""
    assert said in ran.err
    assert "Traceback" not in ran.err


def test_outside_of_a_repository_two_files_can_be_compared(
    tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    Path("old.yaml").write_text(BASE, encoding="utf-8")
    Path("new.yaml").write_text(edited("image"), encoding="utf-8")

    assert run("--base", "main").code == 2
    ran = run("old.yaml", "new.yaml")
    assert ran.code == 0
    assert ran.out.startswith("new.yaml (was old.yaml): 1 change: kernels compiled again")


def test_nothing_heavy_is_imported() -> None:
    script = (
        "import sys; from deployer.cli.main import main; import deployer.measure.evidence; "
        "main(['diff', 'profiles/b200-fp8-eagle.yaml', 'profiles/h200-fallback.yaml']); "
        "print([m for m in ('modal', 'torch', 'sglang', 'jinja2', 'openai', 'rich', 'requests') "
        "if m in sys.modules])"
    )
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    assert ran.stdout.splitlines()[-1] == "[]"
