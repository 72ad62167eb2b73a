"""Lets the ConfigArgumentMerger of one wheel turn config files into words.

Run as ``python -m tests.parse.merge_server WHEEL FOLDER``: reads FOLDER/*.yaml in order, writes one
JSON list of answers: the words, or the message with which the engine would end. It executes code
of the wheel, which is why it is a process of its own.
"""

from __future__ import annotations

import importlib
import json
import sys
import zipfile
from pathlib import Path
from typing import Any

from tests.engines.parser_server import build

FILE = "server_args_config_parser.py"


def merger(wheel: str) -> Any:
    parser = build(wheel)
    with zipfile.ZipFile(wheel) as archive:
        (path,) = [name for name in archive.namelist() if name.endswith(f"/{FILE}")]
    module = importlib.import_module(path.removesuffix(".py").replace("/", "."))
    return module.ConfigArgumentMerger(parser)


def main() -> None:
    wheel, folder = sys.argv[1:]
    merging = merger(wheel)
    answers: list[Any] = []
    for path in sorted(Path(folder).glob("*.yaml")):
        try:
            answers.append(merging.merge_config_with_args(["--config", str(path)]))
        except Exception as error:  # noqa: BLE001 - whatever ends the engine is an answer
            answers.append(f"{type(error).__name__}: {error}")
    print(json.dumps(answers))  # noqa: T201 - the answer


if __name__ == "__main__":
    main()
