"""How far a file is on its way, as a container that fetches it tells whoever adds them up."""

from __future__ import annotations

import json
from dataclasses import dataclass

from deployer.codec import decode, encode, read_json


@dataclass(frozen=True, slots=True)
class Arrived:
    """So many bytes of a file of a folder are there; ``proven`` once all are, and are right.

    ``trouble`` says what holds it up, '' where nothing does.
    """

    folder: str
    path: str
    bytes: int
    proven: bool = False
    trouble: str = ""

    def to_json(self) -> str:
        """Write it as one line."""
        return json.dumps(encode(self), ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> Arrived:
        """Read it; raises ``ValueError`` for anything else."""
        return decode(cls, read_json(text))
