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
    """What is compiled late fails late: here all are made."""
    code = (
        "import re, sys, pkgutil, importlib, deployer\n"
        "made = []\n"
        "import deployer.late as late\n"
        "class Now:\n"
        "    def __new__(cls, *given):\n"
        "        made.append(given)\n"
        "        return re.compile(*given)\n"
        "late.compile_pattern = Now\n"
        "skip = ('tiny_model', 'cpu_platform', '__main__', 'modal_app')\n"
        "for each in pkgutil.walk_packages(deployer.__path__, 'deployer.'):\n"
        "    if not any(word in each.name for word in skip):\n"
        "        importlib.import_module(each.name)\n"
        "print(len(made))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 100
