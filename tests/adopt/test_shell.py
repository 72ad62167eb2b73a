"""What a shell script comes to: branches, functions, arguments, and marks for the rest."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deployer.adopt.adopt import NoLaunchError
from deployer.adopt.file import from_file
from deployer.adopt.note import Kind
from deployer.adopt.script import UNKNOWN
from deployer.adopt.shell import read
from deployer.adopt.wishes import Wishes
from deployer.parse.config import ConfigError
from tests.volume import scaled

NESTED = """\
if [[ $TP -eq 8 ]]; then
  if [[ $CONC -ge 16 ]]; then
    R=30
  else
    R=10
  fi
elif [[ $TP -eq 4 ]]; then
  R=10
fi
python3 -m sglang.launch_server --model-path a/b --tp 2 --scheduler-recv-interval $R
"""


def words(text: str, **variables: str) -> list[str]:
    """Give the words of the last command, `…` for what is not known."""
    return [UNKNOWN.sub("…", word) for word in read(text, variables).commands[-1].words]


def test_nested_branches_write_no_value() -> None:
    adopted = from_file("x.sh", NESTED, Wishes(gpu="H100"), lambda _: None)
    asked = {note.path: note.text for note in adopted.notes if note.kind is Kind.TODO}

    assert list(asked) == ["engine.args.scheduler-recv-interval"]
    assert "scheduler-recv-interval: 10" not in adopted.profile


@pytest.mark.parametrize(
    ("variables", "value"),
    [({"TP": "8", "CONC": "32"}, "30"), ({"TP": "8", "CONC": "8"}, "10"), ({"TP": "4"}, "10")],
)
def test_known_variables_decide_branches(variables: dict[str, str], value: str) -> None:
    assert words(NESTED, **variables)[-1] == value


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('A=(); echo "${A[@]}" x', ["echo", "x"]),
        ("A=1; if test -d x; then A=16; fi; echo $A", ["echo", "…"]),
        ("A=x; if test -d x; then A+=' --y'; fi; echo $A", ["echo", "x", "…"]),
        ("for I in 1 2; do A+=($I); done; echo ${A[@]}", ["echo", "1", "2"]),
        ("f() { local X=$1; echo $X; }; f 3", ["echo", "3"]),
        ("f() { return; echo a; }; f; echo b", ["echo", "b"]),
        ("case 8 in 4) A=x;; 8|16) A=y;; esac; echo $A", ["echo", "y"]),
        ("false && A=1; true || A=2; echo ${A:-none}", ["echo", "none"]),
        ("(A=1); { B=2; }; echo ${A:-no} $B", ["echo", "no", "2"]),
        ("A=ab/cd.ef; echo ${A##*/} ${A%.*} ${#A} ${A:1:2}", ["echo", "cd.ef", "ab/cd", "8", "b/"]),
        ("echo $((2 * (3 + 4) - 1)) $((7 / 2))", ["echo", "13", "3"]),
        ("if true; then echo a; exit; fi; echo b", ["echo", "a"]),
        ("read A < f; echo $A", ["echo", "…"]),
        ("echo ~/x", ["echo", "…/x"]),
        ("echo ${1:-one} $# $@ end", ["echo", "one", "0", "end"]),
    ],
)
def test_a_script_is_read_as_bash_reads_it(text: str, said: list[str]) -> None:
    assert words(text) == said


def test_a_script_that_wants_arguments_is_read_as_if_it_had_some() -> None:
    text = 'if [ "$#" -ne 1 ]; then exit 1; fi\nvllm serve $1 --port 7\n'
    adopted = from_file("x.sh", text, Wishes(gpu="H100"), lambda _: None)

    assert "model.repo" in {note.path for note in adopted.notes if note.kind is Kind.TODO}
    assert "  port: 7\n" in adopted.profile


def test_a_server_of_images_is_not_taken_for_one_of_language() -> None:
    with pytest.raises(NoLaunchError, match="a server of images or videos"):
        from_file(
            "x.sh", "sglang serve --model-path a/b --ulysses-degree=2", Wishes(), lambda _: None
        )


@given(
    st.text("abc $\"'{}()[]<>|&;\\=-\n:#*~!", max_size=120) | st.text(max_size=80),
    st.sampled_from(("x.sh", "x.py", "x.yaml", "Dockerfile", "x")),
)
@scaled(5)
def test_any_text_is_read_or_refused(text: str, name: str) -> None:
    try:
        said = from_file(name, text, Wishes(), lambda _: None).profile
    except (NoLaunchError, ConfigError) as error:
        said = str(error)

    assert said
