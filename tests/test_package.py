"""What installing this project brings, and what it must never bring."""

from __future__ import annotations

import re
import tempfile
import tomllib
from pathlib import Path
from typing import Any

import pytest

from deployer.extras import EXTRAS

LEAN = {"click", "jinja2", "pydantic", "pyyaml", "requests", "rich", "urllib3"}
"""What checking and comparing takes; what a verb needs beyond it is an extra."""


def packages(lines: list[str]) -> set[str]:
    return {re.split(r"[<>=!~ \[]", line)[0].lower() for line in lines}


def project() -> Any:
    return tomllib.loads(Path("pyproject.toml").read_text(encoding="utf-8"))["project"]


def test_the_install_is_lean() -> None:
    assert packages(project()["dependencies"]) == LEAN


def test_every_extra_is_known_by_what_it_brings_and_all_brings_each() -> None:
    extras = project()["optional-dependencies"]
    brought = {name: packages(lines) for name, lines in extras.items()}

    assert {extra: {package.replace("_", "-")} for package, extra in EXTRAS.items()} == {
        extra: brought[extra] for extra in EXTRAS.values()
    }
    assert sorted(extras["all"]) == sorted(line for one in EXTRAS.values() for line in extras[one])


def test_what_is_required_is_imported() -> None:
    spelt = {"pyyaml": "yaml"}
    sources = [file.read_text(encoding="utf-8") for file in Path("deployer").rglob("*.py")]
    imports = {
        package: re.compile(rf"^\s*(import|from) {spelt.get(package, package)}\b", re.MULTILINE)
        for package in LEAN
    }
    assert imports
    assert [one for one, its in imports.items() if not any(map(its.search, sources))] == []


@pytest.mark.parametrize("lock", ["run", "dev", "predict"])
def test_the_locks_hold_neither_torch_nor_an_engine(lock: str) -> None:
    pins = Path("locks", f"{lock}.txt").read_text(encoding="utf-8").lower()

    assert re.search(r"^modal==", pins, re.MULTILINE)
    assert not re.search(r"^(torch|sglang|transformers|nvidia-cu|triton)", pins, re.MULTILINE)


def test_init_files_hold_a_docstring_and_nothing_else() -> None:
    files = list(Path("deployer").rglob("__init__.py"))
    assert len(files) > 20
    for file in files:
        if not {"cpu_platform", "absent"} & {*file.parts}:  # those stand in for others
            text = file.read_text(encoding="utf-8").strip()
            assert text.startswith('"""'), file
            assert text.endswith('"""'), file
            assert text.count('"""') == 2, file


def test_no_file_names_the_machine_that_it_was_written_on() -> None:
    # A checkout below the system's own folder for temporary files is known by its own name: that
    # folder is the same on every machine, and stands in SGLang's defaults.
    beside = Path.cwd().parent
    here = Path.cwd() if beside == Path(tempfile.gettempdir()) else beside
    named = re.compile(rf"(?<![\w.-]){re.escape(str(here))}/")
    kinds = {".py", ".yaml", ".md", ".json", ".flags"}
    for folder in ("deployer", "profiles", "schemas", "docs", "tests"):
        files = [file for file in Path(folder).rglob("*") if file.suffix in kinds]
        assert files, folder
        for file in files:
            assert not named.search(file.read_text(encoding="utf-8")), file


def test_each_decision_has_a_number_of_its_own() -> None:
    numbered = {
        path.name: path.read_text(encoding="utf-8").partition(".")[0]
        for path in Path("docs/decisions").glob("*.md")
    }
    assert len(numbered) > 15
    assert {name: f"# {int(name[:4])}" for name in numbered} == numbered
    assert len(set(numbered.values())) == len(numbered)
