"""The generator reads all three layouts, executes nothing, and guesses nothing."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from deployer.catalogue.generate import generate
from deployer.catalogue.values import CannotEvaluateError
from tests.facts.synthetic import LAYOUTS, write_wheel

SERVER_ARGS = "sglang/srt/server_args.py"


def options(path: Path) -> dict[str, dict[str, Any]]:
    return {entry["strings"][0]: entry for entry in generate(path)["options"]}


def plain_wheel(folder: Path, registrations: str, before: str = "") -> Path:
    body = "".join(f"        {line}\n" for line in registrations.strip().splitlines())
    text = (
        f"import argparse\nfrom sglang.srt.environ import envs\n{before}\n"
        f"class ServerArgs:\n    def add_cli_args(parser):\n{body}"
    )
    return write_wheel(folder, {SERVER_ARGS: text})


@pytest.mark.parametrize("layout", LAYOUTS)
def test_each_layout_gives_the_options_of_the_real_parser(layout: str, tmp_path: Path) -> None:
    found = options(write_wheel(tmp_path, LAYOUTS[layout]))
    said = {
        name: {key: it for key, it in entry.items() if it or type(it) is int}
        for name, entry in found.items()
    }
    for entry in said.values():
        for key in ("strings", "dest", "category", "help"):
            entry.pop(key, None)
    assert said == {
        "--model-path": {"type": "str", "action": "store", "required": True},
        "--tp-size": {"type": "int", "action": "store", "default": 1},
        "--mode": {
            "type": "str",
            "action": "store",
            "choices": ["fast", "slow", "none"],
            "default": "fast",
        },
        "--seed": {"type": "human_readable_int", "action": "store"},
        "--names": {"type": "str", "action": "store", "nargs": "+", "choices": ["a", "b"]},
        "--extra": {"type": "json.loads", "action": "store"},
        "--quick": {"action": "store_true", "nargs": 0, "const": True},
        "--fuse": {"action": "BooleanOptionalAction", "nargs": 0},
        "--level": {"type": "int", "action": "store", "choices": [0, 1], "default": 1},
        "--warm": {
            "action": "store_true",
            "nargs": 0,
            "const": True,
            "default_from": found["--warm"]["default_from"],
        },
        "--parser": {"type": "str", "action": "store", "choices": ["auto", "glm", "qwen"]},
        "--old-size": {
            "action": "DeprecatedStoreTrueAction",
            "nargs": 0,
            "const": True,
            "deprecated": True,
            "replaced_by": "--tp-size",
        },
        "--gone": {
            "action": "DeprecatedAction",
            "nargs": 0,
            "deprecated": True,
            "replaced_by": "--seed",
            "error": "Use --seed now.",
        },
        "--hidden": {"type": "str", "action": "store", "default_from": "suppressed"},
    }
    assert found["--model-path"]["strings"] == ["--model-path", "--model"]
    assert found["--fuse"]["strings"] == ["--fuse", "--no-fuse"]
    assert found["--old-size"]["dest"] == found["--tp-size"]["dest"] == "tp_size"
    assert found["--parser"]["help"] == "One of ['glm', 'qwen']."
    assert found["--hidden"]["help"] == ""


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_default_that_depends_on_the_machine_is_stated_as_such(
    layout: str, tmp_path: Path
) -> None:
    warm = options(write_wheel(tmp_path, LAYOUTS[layout]))["--warm"]
    assert warm["default"] is None
    assert warm["default_from"].startswith("computed: ")
    assert "is_hip()" in warm["default_from"]


@pytest.mark.parametrize("layout", ["annotated", "structs"])
def test_namespaces_come_from_the_release(layout: str, tmp_path: Path) -> None:
    found = options(write_wheel(tmp_path, LAYOUTS[layout]))
    assert found["--tp-size"]["category"] == found["--old-size"]["category"] == "parallel"
    assert found["--mode"]["category"] == found["--parser"]["category"] == "model"


def test_the_struct_layout_keeps_the_order_of_the_positional_constructor(tmp_path: Path) -> None:
    names = list(options(write_wheel(tmp_path, LAYOUTS["structs"])))
    assert names[:3] == ["--model-path", "--tp-size", "--mode"]


def test_the_wheel_says_what_it_is(tmp_path: Path) -> None:
    catalogue = generate(write_wheel(tmp_path, LAYOUTS["plain"]))
    assert catalogue["version"] == "0.5.99"
    assert catalogue["date"] == "2026-11-21"
    assert catalogue["requires"] == {
        "python": ">=3.10",
        "torch": "==2.9.1",
        "flashinfer_python": "==0.6.3",
    }
    assert catalogue["wheel"] == "sglang-0.5.99-py3-none-any.whl"


def test_variables_have_their_declared_defaults(tmp_path: Path) -> None:
    catalogue = generate(write_wheel(tmp_path, LAYOUTS["plain"]))
    assert catalogue["variables"] == {
        "SGLANG_ORACLE": False,
        "SGLANG_BYTES": 4096,
        "SGLANG_LIST": "",
        "SGLANG_LEVEL": 2,
        "SGLANG_DIR": None,
        "SGLANG_NEW": True,
    }
    assert catalogue["variable_aliases"] == {"SGLANG_OLD": "SGLANG_NEW"}


def test_a_default_from_outside_the_wheel_is_stated_as_such(tmp_path: Path) -> None:
    found = options(
        plain_wheel(
            tmp_path,
            'parser.add_argument("--x", type=int, default=os.cpu_count())',
            before="import os",
        )
    )
    assert found["--x"]["default_from"] == "computed: os.cpu_count()"


def test_nothing_of_the_wheel_is_executed(tmp_path: Path) -> None:
    mark = tmp_path / "executed"
    hostile = f"__import__('pathlib').Path({str(mark)!r}).touch()"
    path = plain_wheel(
        tmp_path,
        f'parser.add_argument("--x", type=str, default={hostile})',
        before=f"{hostile}\nif {hostile}:\n    pass\nimport os; os.system('touch {mark}')",
    )
    found = options(path)["--x"]
    assert found["default_from"] == f"computed: {hostile}"
    assert not mark.exists()


def test_choices_that_an_environment_variable_adds_are_left_out(tmp_path: Path) -> None:
    path = plain_wheel(
        tmp_path,
        """
choices = set(KNOWN)
if envs.SGLANG_ORACLE.get():
    choices.add("oracle")
parser.add_argument("--sampler", choices=choices, default="b")
""",
        before='KNOWN = {"b", "a"}\nif envs.SGLANG_ORACLE.get():\n    KNOWN.add("oracle")',
    )
    assert options(path)["--sampler"]["choices"] == ["a", "b"]


def test_a_comment_beside_a_choice_says_that_it_is_an_old_name(tmp_path: Path) -> None:
    path = plain_wheel(
        tmp_path,
        """
parser.add_argument("--backend", choices=BACKENDS)
parser.add_argument("--other", choices=["nsa"])
""",
        before='BACKENDS = [\n    "nsa",  # Deprecated alias for "dsa"\n    "dsa",\n]',
    )
    found = options(path)
    assert found["--backend"]["choice_aliases"] == {"nsa": "dsa"}
    assert found["--other"]["choice_aliases"] == {}


def test_a_field_declared_twice_is_one_option_with_the_later_default(tmp_path: Path) -> None:
    text = LAYOUTS["annotated"][SERVER_ARGS].replace(
        "    internal: A", '    level: A[Literal[0, 2], "Level."] = 2\n    internal: A'
    )
    found = options(write_wheel(tmp_path, {SERVER_ARGS: text}))
    assert found["--level"]["choices"] == [0, 2]
    assert found["--level"]["default"] == 2
    assert list(found).index("--level") < list(found).index("--warm")


@pytest.mark.parametrize(
    ("registration", "before", "reason"),
    [
        ('parser.add_argument("--x", choices=torch.names())', "", "does not say what torch is"),
        ('parser.add_argument("--x", choices=A)', "A = B\nB = A", "circles"),
        ('parser.add_argument("--x", choices=K.A)', "class K(K):\n    pass", "recursion"),
        ('parser.add_argument("--x", choices=["a"] * 9 ** 99)', "", "cannot compute"),
        ('parser.add_argument("--x", choices=range(10 ** 12))', "", "cannot call range"),
        ('parser.add_argument("--x", choices=3 + "a")', "", "unsupported operand"),
        ('parser.add_argument("--x", action="count")', "", "action count"),
        ('parser.add_argument("--x")\nparser.add_argument("--x")', "", "--x is registered twice"),
        (
            'if torch.cuda.is_available():\n    parser.add_argument("--x")',
            "import torch",
            "not known before the engine runs",
        ),
        (
            'if torch.version.hip is None:\n    parser.add_argument("--x")',
            "import torch",
            "not known before the engine runs",
        ),
        (
            'parser.add_argument("--x", choices=[n for n in ["a"] if not torch.has(n)])',
            "import torch",
            "not known before the engine runs",
        ),
        (
            'parser.add_argument("--x", help=f"as {[torch.name()]}")',
            "import torch",
            "has no JSON form",
        ),
        ("while True:\n    pass", "", "cannot read while True"),
        ("for x in (1, 2):\n    parser.add_argument(x)", "", "cannot read for x in"),
    ],
)
def test_what_cannot_be_read_is_an_error_and_never_a_guess(
    registration: str, before: str, reason: str, tmp_path: Path
) -> None:
    with pytest.raises(CannotEvaluateError, match=f"(?i){re.escape(reason)}"):
        generate(plain_wheel(tmp_path, registration, before))


def test_a_wheel_of_something_else_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="a wheel of vllm, not of sglang"):
        generate(write_wheel(tmp_path, LAYOUTS["plain"], name="vllm"))


def test_a_wheel_without_the_parser_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CannotEvaluateError, match=r"has no sglang\.srt\.server_args"):
        generate(write_wheel(tmp_path, {}))
