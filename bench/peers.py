"""The other tools that the benchmark times beside deployer, in an environment of their own.

They read a YAML file and say what is wrong with it (cfn-lint, check-jsonschema), or deploy a model
from one (Truss). srtctl, the nearest relative, is on no package index.
"""

from __future__ import annotations

import os
import subprocess
import sys
import venv
from dataclasses import dataclass
from pathlib import Path

PINS = ("cfn-lint==1.58.0", "check-jsonschema==0.39.0", "truss==0.18.36")

COMMANDS: tuple[tuple[str, list[str]], ...] = (
    ("cfn-lint, a template of one bucket", ["cfn-lint", "{template}"]),
    (
        "check-jsonschema, the same PROFILE",
        ["check-jsonschema", "--schemafile", "schemas/profile.schema.json", "{profile}"],
    ),
    ("truss --help", ["truss", "--help"]),
)

CLOUDFORMATION = """\
AWSTemplateFormatVersion: "2010-09-09"
Resources:
  Bucket:
    Type: AWS::S3::Bucket
"""


@dataclass(frozen=True)
class Peers:
    """The commands that can be run here, and the tools that are not installed."""

    commands: tuple[tuple[str, list[str]], ...]
    missing: tuple[str, ...]


def folder() -> Path:
    cache = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(cache) / "deployer" / "bench-peers"


def peers() -> Peers:
    there, missing = [], []
    for name, words in COMMANDS:
        program = folder() / "bin" / words[0]
        if program.exists():
            there.append((name, [str(program), *words[1:]]))
        else:
            missing.append(words[0])
    return Peers(tuple(there), tuple(missing))


def install() -> None:
    venv.create(folder(), with_pip=True)
    pip = [str(folder() / "bin" / "python"), "-m", "pip", "install", "--disable-pip-version-check"]
    subprocess.run([*pip, "--quiet", *PINS], check=True)


if __name__ == "__main__":
    install()
    sys.exit(0)
