"""Small wheels in the three layouts that SGLang's releases have had."""

from __future__ import annotations

import zipfile
from pathlib import Path

METADATA = """\
Metadata-Version: 2.4
Name: {name}
Version: {version}
Requires-Python: >=3.10
Requires-Dist: torch==2.9.1
Requires-Dist: flashinfer_python==0.6.3
Requires-Dist: torch==9.9; extra == "other"
Requires-Dist: tqdm
"""

ENVIRON = """
from enum import IntEnum

class Level(IntEnum):
    HIGH = 2

class EnvBool:
    def __init__(self, default):
        self.default = default

class Envs:
    SGLANG_ORACLE = EnvBool(False)
    SGLANG_BYTES = EnvInt(4 * 1024)
    SGLANG_LIST = EnvTuple(tuple())
    SGLANG_LEVEL = EnvInt(Level.HIGH)
    SGLANG_DIR = EnvStr(lambda: somewhere())
    SGLANG_NEW = EnvBoolWithAlias(True, deprecated_name="SGLANG_OLD")

envs = Envs()
"""

ACTIONS = """
import argparse

class DeprecatedStoreTrueAction(argparse.Action):
    def __init__(self, option_strings, dest, new_flag=None, nargs=0, const=True, default=False):
        pass

class DeprecatedAction(argparse.Action):
    def __init__(self, option_strings, dest, error_message=None, nargs=0):
        pass
"""

MANUAL = """
        parser.add_argument(
            "--old-size",
            action=DeprecatedStoreTrueAction,
            dest="tp_size",
            new_flag="--tp-size",
            help="[Deprecated] Use --tp-size instead.",
        )
        parser.add_argument(
            "--gone", action=DeprecatedAction, error_message="Use --seed now.", help="Removed."
        )
        parser.add_argument("--hidden", type=str, default=argparse.SUPPRESS, help=argparse.SUPPRESS)
"""

PLAIN = (
    """
import argparse
import dataclasses
import json
from typing import List, Optional
from sglang.srt.arg_groups.argparse_actions import DeprecatedAction, DeprecatedStoreTrueAction
from sglang.srt.names import MODES, Parsers, human_readable_int, is_hip

@dataclasses.dataclass
class ServerArgs:
    model_path: str
    tp_size: int = 1
    mode: str = MODES[0]
    seed: Optional[int] = None

    @staticmethod
    def add_cli_args(parser: argparse.ArgumentParser):
        parser.add_argument("--model-path", "--model", type=str, required=True, help="The model.")
        parser.add_argument(
            "--tp-size", "--tensor-parallel-size", type=int, default=ServerArgs.tp_size,
            help="Width.",
        )
        parser.add_argument(
            "--mode", type=str, choices=MODES, default=ServerArgs.mode, help="How."
        )
        parser.add_argument("--seed", type=human_readable_int, default=None, help="The seed.")
        parser.add_argument(
            "--names", type=str, nargs="+", choices=["a", "b"], default=None, help="Names."
        )
        parser.add_argument("--extra", type=json.loads, default=None, help="JSON.")
        parser.add_argument("--quick", action="store_true", help="Faster.")
        parser.add_argument(
            "--fuse", action=argparse.BooleanOptionalAction, default=None, help="Fuse."
        )
        parser.add_argument("--level", type=int, choices=[0, 1], default=1, help="Level.")
        parser.add_argument("--warm", action="store_true", default=is_hip(), help="Warm.")
        parsers = list(Parsers.Known.keys())
        parser.add_argument(
            "--parser", type=str, choices=["auto"] + parsers, default=None,
            help=f"One of {parsers}.",
        )
"""
    + MANUAL
)

ARG_UTILS = """
class Arg:
    help: str = ""

class NS:
    path: str
"""

FIELDS = """
    model_path: A[str, Arg(help="The model.", aliases=["--model"]){model}]
    tp_size: A[
        int, Arg(help="Width.", aliases=["--tensor-parallel-size"], resolvable=True){parallel}
    ] = 1
    mode: A[str, Arg(help="How.", choices=MODES){model}] = MODES[0]
    seed: A[Optional[int], Arg(help="The seed.", type_parser=human_readable_int){model}] = None
    names: A[Optional[List[str]], Arg(help="Names.", choices=["a", "b"]){model}] = None
    extra: A[Optional[Dict[str, int]], Arg(help="JSON.", type_parser=json.loads){model}] = None
    quick: A[bool, "Faster."{model}] = False
    fuse: A[
        Optional[bool], Arg(help="Fuse.", action=argparse.BooleanOptionalAction){model}
    ] = None
    level: A[Literal[0, 1], "Level."{model}] = 1
    warm: A[bool, "Warm."{model}] = {field}(default_factory=lambda: is_hip())
    parser: A[Optional[str], Arg(no_cli=True){model}] = None
    internal: A[int, Arg(no_cli=True){model}] = 3
"""

IMPORTS = """
import argparse
import dataclasses
import json
from typing import Dict, List, Literal, Optional
import msgspec
from sglang.srt.arg_groups.arg_utils import NS, A, Arg, add_cli_args_from_dataclass
from sglang.srt.arg_groups.argparse_actions import DeprecatedAction, DeprecatedStoreTrueAction
from sglang.srt.names import MODES, Parsers, human_readable_int, is_hip
"""

ADD = (
    """
    @staticmethod
    def add_cli_args(parser):
        add_cli_args_from_dataclass(parser, ServerArgs)
        parsers = _parsers()
        parser.add_argument(
            "--parser", type=str, choices=["auto"] + parsers, default={default},
            help=f"One of {{parsers}}.",
        )
"""
    + MANUAL
)

PARSERS = """
def _parsers():
    module = sys.modules.get("sglang.srt.names")
    if module is not None:
        return list(module.Parsers.Known)
    from sglang.srt.names import Parsers
    return list(Parsers.Known)
"""

ANNOTATED = (
    IMPORTS
    + "import sys\n"
    + PARSERS
    + "@dataclasses.dataclass\nclass ServerArgs:\n"
    + FIELDS.format(model=', NS("model")', parallel=', NS("parallel")', field="dataclasses.field")
    + ADD.format(default="ServerArgs.parser")
)

STRUCTS = (
    IMPORTS
    + "import sys\nfrom sglang.srt.arg_groups.fields.all import Model, Parallel\n"
    + PARSERS
    + "def _declared_default(name):\n    return next(iter(()))\n"
    + "class ServerArgs:\n"
    + ADD.format(default='_declared_default("parser")')
    + """
_INPUT_NAMESPACES = [Parallel, Model]
ServerArgs = msgspec.defstruct("ServerArgs", [(a, b) for a, b in ()])
"""
)

_LINES = FIELDS.format(model="", parallel="", field="msgspec.field").split("    tp_size")
_TP, _REST = ("    tp_size" + _LINES[1]).split("    mode:")
STRUCT_FIELDS = (
    IMPORTS
    + 'class Parallel(msgspec.Struct):\n    _NS_PATH = "parallel"\n'
    + _TP
    + 'class Model(msgspec.Struct):\n    _NS_PATH = "model"\n'
    + _LINES[0]
    + "    mode:"
    + _REST
    + '    width = Derived(fn="somewhere", doc="Not an option.")\n'
)

NAMES = '''
from enum import IntEnum
import torch

class Mode(IntEnum):
    FAST = 1
    SLOW = 2

MODES = [m.name.lower() for m in Mode] + ["none"]

class Parsers:
    Known: Dict[str, type] = {"glm": Glm, "qwen": make(3), **{}}

def human_readable_int(value):
    """Reads 64k."""
    return int(value)

def is_hip():
    return torch.version.hip is not None
'''

SHARED = {
    "sglang/srt/environ.py": ENVIRON,
    "sglang/srt/names.py": NAMES,
    "sglang/srt/arg_groups/arg_utils.py": ARG_UTILS,
    "sglang/srt/arg_groups/argparse_actions.py": ACTIONS,
}

LAYOUTS = {
    "plain": {"sglang/srt/server_args.py": PLAIN},
    "annotated": {"sglang/srt/server_args.py": ANNOTATED},
    "structs": {
        "sglang/srt/server_args.py": STRUCTS,
        "sglang/srt/arg_groups/fields/all.py": STRUCT_FIELDS,
        "sglang/srt/arg_groups/field_order.py": 'POSITIONAL_FIELD_ORDER = ("model_path",)\n',
    },
}


def write_wheel(
    folder: Path, files: dict[str, str], version: str = "0.5.99", name: str = "sglang"
) -> Path:
    """Write a wheel with these files, and the modules that every layout shares."""
    path = folder / f"{name}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for file, text in (SHARED | files).items():
            archive.writestr(zipfile.ZipInfo(file, (2026, 11, 20, 0, 0, 0)), text)
        about = zipfile.ZipInfo(f"{name}-{version}.dist-info/METADATA", (2026, 11, 21, 0, 0, 0))
        archive.writestr(about, METADATA.format(name=name, version=version))
    return path
