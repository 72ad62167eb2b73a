"""Tells what is told now and then at once, or never: found through ``PYTHONPATH``.

A line of progress that is due after some seconds is drawn on a slow machine and not on a fast one.
A test that asks for it, or that it is not there, asks how fast the machine is. With
``DEPLOYER_TOLD`` seconds in place of the thresholds below, in this Python and in its children,
such a test fails wherever it runs. They are replaced in the source, before it is compiled: a
default of an argument has the value too.
"""

import ast
import os
import sys
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from types import CodeType
from typing import Any

SECONDS = float(os.environ.get("DEPLOYER_TOLD", "nan"))

TOLD = {
    "deployer.apply.local.ending": "_TELL_EVERY",
    "deployer.apply.modal.image_build": "SHOW_EVERY",
    "deployer.apply.patience": "SHOWN",
    "deployer.cli.progress": "QUIET",
    "deployer.serve.ready": "REPORT_EVERY",
    "deployer.serve.weights.progress": "EVERY",
}
"""Seconds after which something is told, and of which nothing else hangs: kernels are kept whenever
a compilation tells how far it is, so its seconds are not here.
"""


class Loader(SourceFileLoader):
    """Compiles a module with another value for one of its constants."""

    def get_code(self, fullname: str) -> CodeType:
        """Compile the source, whatever was compiled of it before."""
        path = self.get_filename(fullname)
        tree = ast.parse(self.get_data(path), path)
        (line,) = (
            each
            for each in tree.body
            if isinstance(each, ast.Assign) and ast.unparse(each.targets[0]) == TOLD[fullname]
        )
        line.value = ast.copy_location(ast.Constant(SECONDS), line.value)
        return compile(tree, path, "exec", dont_inherit=True)


class Finder(PathFinder):
    """Finds the modules of the table, and no others."""

    @classmethod
    def find_spec(cls, fullname: str, path: Any = None, target: Any = None) -> ModuleSpec | None:  # noqa: ANN401 - as PathFinder
        """Give the module as it is found anyway, with our loader."""
        spec = super().find_spec(fullname, path, target) if fullname in TOLD else None
        if spec is not None and spec.origin is not None:
            spec.loader = Loader(fullname, spec.origin)
        return spec


if SECONDS == SECONDS:  # noqa: PLR0124 - a number was given
    sys.meta_path.insert(0, Finder)
