"""A folder that a download fills from a hub of our own, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from deployer.release import ModelSource
from deployer.serve.weights.clients import RANGES
from deployer.serve.weights.download import download
from deployer.serve.weights.marker import MARKER
from deployer.serve.weights.pace import Pace
from deployer.serve.weights.verify import verify
from tests.fakes.hub.server import COMMIT, REPO, FakeHub

if TYPE_CHECKING:
    from collections.abc import Callable

    from deployer.event import Event
    from deployer.serve.weights.marker import Complete

CANARY = "hf_canaryThatMustNeverBeSeen0123456789"
FAST = Pace(
    workers=4, piece=8192, first_wait=0.01, longest_wait=0.02, idle_tries=4, tick=0.02,
    read_timeout=60.0,
)  # fmt: skip


@dataclass
class Story:
    """One folder and one hub; ``marked`` says for each commit if the marker was there by then."""

    hub: FakeHub
    folder: Path
    pace: Pace = FAST
    commit_hash: str = COMMIT
    commit: Callable[[], None] | None = None
    environ: dict[str, str] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)
    marked: list[bool] = field(default_factory=list)

    @property
    def model(self) -> ModelSource:
        return ModelSource(
            "huggingface", REPO, "main", str(self.folder), "tiny", commit=self.commit_hash
        )

    @property
    def marker(self) -> Path:
        return self.folder / MARKER

    def download(self, client: str = RANGES) -> Complete:
        return download(
            self.model,
            commit=self.commit or (lambda: self.marked.append(self.marker.exists())),
            tell=self.events.append,
            environ=self.hub.environ | self.environ,
            pace=self.pace,
            client=client,
        )

    def assert_complete(self) -> None:
        """Prove it by the truth, and let the code under test prove it in its own way."""
        for path in self.wanted():
            assert (self.folder / path).read_bytes() == self.hub.files[path], path
        assert verify(self.model, deep=True) == ()

    def wanted(self) -> set[str]:
        needless = (".md", ".pth", ".gguf")
        return {path for path in self.hub.files if not path.endswith(needless)}

    def said(self) -> str:
        return "\n".join(f"{e.state}: {e.message} {' '.join(e.detail)}" for e in self.events)

    def everything_written(self) -> bytes:
        return b"\n".join(p.read_bytes() for p in self.folder.rglob("*") if p.is_file())
