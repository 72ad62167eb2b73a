"""An apply in a process of its own, that keeps its promises whatever answers: for being killed.

The fake engine answers no completion as the real one does, so what `verify` would ask is not asked.
Waiting, who answers, tags, lock and every step are the real ones.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from unittest.mock import patch

from deployer.apply.modal import parts
from deployer.cli.main import main


def run(words: list[str]) -> int:
    """Carry an apply out, with quick looks."""
    parts.DEFAULT_PARTS = replace(parts.DEFAULT_PARTS, pause=0.1, look=0.1)
    with (
        patch("deployer.verify.run.verify", lambda *_, **__: ()),
        patch("deployer.verify.sample.sample_answer", lambda _: "hello"),
        patch("deployer.apply.modal.apply.all_hold", lambda _: True),
    ):
        return main(words)


if __name__ == "__main__":
    sys.exit(run(sys.argv[1:]))
