"""A pattern that is compiled late is the one that would be compiled at once."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

from deployer.late import compile_pattern


def test_a_pattern_is_compiled_when_it_is_used() -> None:
    mine = compile_pattern("(A+)", re.IGNORECASE)
    assert mine.sub("x", "baab") == "bxb"
    assert mine.pattern == "(A+)"
    broken = compile_pattern("(")
    with pytest.raises(re.error):
        broken.search("")


def test_every_pattern_compiles() -> None:
    """What is compiled late fails late: here all are made, by importing whoever compiles one."""
    code = (
        "import re, importlib, deployer\n"
        "from pathlib import Path\n"
        "made = []\n"
        "import deployer.late as late\n"
        "class Now:\n"
        "    def __new__(cls, *given):\n"
        "        made.append(given)\n"
        "        return re.compile(*given)\n"
        "late.compile_pattern = Now\n"
        "root = Path(deployer.__file__).parent\n"
        "for path in root.rglob('*.py'):\n"
        "    if 'deployer.late' in path.read_text(encoding='utf-8'):\n"
        "        name = path.relative_to(root.parent).with_suffix('')\n"
        "        importlib.import_module('.'.join(name.parts))\n"
        "print(len(made))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 100
