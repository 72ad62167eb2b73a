"""Stand-ins for what the engine room talks to: a listener, and a runner without pip."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from deployer.engine.locked import Locked, read_lock
from deployer.errors import Failure


@dataclass
class Said:
    """Collects progress."""

    texts: list[str] = field(default_factory=list)
    fractions: list[float | None] = field(default_factory=list)

    def __call__(self, text: str, fraction: float | None) -> None:
        self.texts.append(text)
        self.fractions.append(fraction)


@dataclass
class NotingRunner:
    """Stands for venv and pip: notes each step, makes the files that they would make.

    ``fails_at`` names the step that fails; ``torch_build`` is what the torch check finds.
    """

    fails_at: str = ""
    error: BaseException | None = None
    torch_build: str = "None"
    steps: list[str] = field(default_factory=list)
    commands: list[list[str]] = field(default_factory=list)
    locks: list[tuple[Locked, ...]] = field(default_factory=list)
    environs: list[Mapping[str, str]] = field(default_factory=list)

    def __call__(
        self,
        command: Sequence[str],
        *,
        doing: str,
        env: Mapping[str, str],
        on_line: Callable[[str], None],
    ) -> None:
        self.steps.append(doing)
        self.commands.append(list(command))
        if "--requirement" in command:
            self.locks.append(read_lock(Path(command[command.index("--requirement") + 1])))
        self.environs.append(env)
        if doing == self.fails_at:
            raise self.error or Failure(f"{doing} failed with exit status 1")
        if "venv" in command:
            programs = Path(command[-1]) / "bin"
            programs.mkdir(parents=True)
            (programs / "python3").write_text("#!/bin/sh\n")
            (programs / "python3").chmod(0o755)
        if "torch's build" in doing:
            on_line(f"cuda: {self.torch_build}")
        if doing == "checking the environment":
            on_line("sglang: 0.5.23")
