"""What plan, apply and rehearse do with a profile for paper."""

from __future__ import annotations

from deployer.apply.target import Standing
from deployer.cli.manner import Asked, Manner
from deployer.cli.planning import Meant
from deployer.cli.say import show_lines
from tests.fakes.paper.target import file_of


def plan_profile(meant: Meant, asked: Asked) -> int:
    """Say whether the file would change."""
    file, text = file_of(meant.release.name), meant.release.to_json()
    same = file.exists() and file.read_text(encoding="utf-8") == text
    show_lines(f"{meant.release.name} {'stays' if same else 'is written'}")
    return asked.code(same=same)


def apply_profile(meant: Meant, manner: Manner, key_env: str | None) -> int:
    """Write it down."""
    del manner, key_env
    file_of(meant.release.name).write_text(meant.release.to_json(), encoding="utf-8")
    show_lines(f"{meant.release.name} is written down")
    return 0


def rehearse_profile(meant: Meant, manner: Manner, minutes: int) -> int:
    """Say that it could be."""
    del manner
    show_lines(f"{meant.release.name} would be written within {minutes} min")
    return 0


def status_text(one: Standing) -> str:
    """Write one line."""
    return f"on paper: {one.state}"
