"""The starts of a server: as text, as JSON, and as a page that needs nothing beside itself."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from deployer import codec
from deployer.diagnose.boot import Boot, Slower, Stage, slower
from deployer.diagnose.stages import WORDS
from deployer.diagnose.words import SHOWN, over, slow
from deployer.report.envelope import envelope

BAR = 40
"""Characters of the longest bar."""

NO_BUDGET = "no budget is stated: `lifecycle.stage_budgets`, `lifecycle.start_budget`"

TEMPLATES = Path(__file__).parent / "templates"


@dataclass(frozen=True, slots=True)
class Starts:
    """A server by its name, and its starts, oldest first; there is at least one."""

    name: str
    boots: tuple[Boot, ...]

    @property
    def newest(self) -> Boot:
        """The start that is shown."""
        return self.boots[-1]

    def slower(self) -> tuple[Slower, ...]:
        """Say what of the newest start took clearly longer than before."""
        return slower(self.newest, self.boots[:-1])


def text(starts: Starts) -> str:
    """Draw the newest start, a line a stage, and name what was slow."""
    boot = starts.newest
    lines = [f"{starts.name}: ready after {boot.seconds:.1f} s, {_moment(boot.when)}"]
    lines.append(f"  {boot.engine}, release {_release(boot)}")
    wide = max((len(stage.name) for stage in boot.stages), default=0)
    budgets = _budgets(boot)
    aside = max(map(len, budgets), default=0)
    for stage, budget in zip(boot.stages, budgets, strict=True):
        took = f"{stage.seconds:7.1f} s{budget:<{aside}}"
        bar = _bar(stage, boot.seconds)
        lines.append(f"  {stage.name:<{wide}}  {took}  {bar}{_rate(stage)}".rstrip())
    if (unknown := boot.unknown()) >= SHOWN:
        lines.append(f"  told by nobody: {unknown:.1f} s")
    if not boot.budget and not boot.budgets:
        lines.append(f"  {NO_BUDGET}")
    lines += [f"  over: {over(each)}" for each in boot.late()]
    lines += [f"  slower: {slow(each)}" for each in starts.slower()]
    if before := [each for each in starts.boots[:-1] if each.shape == boot.shape]:
        took = ", ".join(f"{boot.seconds:.1f}" for boot in before[-5:])
        lines.append(f"  before: {took} s")
    return "".join(f"{line}\n" for line in lines)


def to_json(starts: Starts) -> str:
    """Write all starts for programs, oldest first."""
    return envelope(
        {
            "name": starts.name,
            "starts": [codec.encode(boot) for boot in starts.boots],
            "over": [
                {"stage": each.name, "seconds": each.seconds, "budget": each.allowed}
                for each in starts.newest.late()
            ],
            "slower": [
                {
                    "stage": each.name,
                    "seconds": each.seconds,
                    "usual": each.usual,
                    "than": each.than,
                }
                for each in starts.slower()
            ],
        }
    )


def html(starts: Starts) -> str:
    """Draw all starts, newest first, on a page without anything from elsewhere."""
    from jinja2 import Environment, StrictUndefined  # noqa: PLC0415 - only for a page

    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    template = environment.from_string((TEMPLATES / "timeline.html").read_text(encoding="utf-8"))
    longest = max(boot.seconds for boot in starts.boots) or 1.0
    return template.render(
        name=starts.name,
        boots=[_drawn(boot, longest) for boot in reversed(starts.boots)],
        slow=[
            *map(over, starts.newest.late()),
            *map(slow, starts.slower()),
        ],
    )


def _drawn(boot: Boot, longest: float) -> dict[str, object]:
    late = {each.name for each in boot.late()}
    return {
        "when": _moment(boot.when),
        "engine": boot.engine,
        "release": _release(boot),
        "seconds": f"{boot.seconds:.1f}",
        "unknown": f"{boot.unknown():.1f}",
        "budget": f" of {boot.budget:g} s" if boot.budget else "",
        "no_budget": "" if boot.budget or boot.budgets else NO_BUDGET,
        "stages": [
            {
                "name": stage.name,
                "words": WORDS.get(stage.name, stage.name),
                "seconds": f"{stage.seconds:.1f}",
                "budget": budget,
                "late": stage.name in late,
                "rate": _rate(stage).strip(),
                "left": f"{100 * stage.begin / longest:.3f}",
                "width": f"{100 * stage.seconds / longest:.3f}",
            }
            for stage, budget in zip(boot.stages, _budgets(boot), strict=True)
        ],
    }


def _release(boot: Boot) -> str:
    return f"{boot.release[:12]}{f', on {boot.shape}' if boot.shape else ''}"


def _budgets(boot: Boot) -> list[str]:
    """Give what stands behind the seconds of each stage: the budget of all of its occurrences."""
    found = []
    for at, stage in enumerate(boot.stages):
        first = all(each.name != stage.name for each in boot.stages[:at])
        allowed = boot.allowed(stage.name) if first else 0.0
        found.append(f" of {allowed:g} s" if allowed else "")
    return found


def _bar(stage: Stage, total: float) -> str:
    if total <= 0:
        return ""
    left = round(BAR * stage.begin / total)
    return f"{' ' * left}{'#' * max(1, round(BAR * stage.seconds / total))}"


def _rate(stage: Stage) -> str:
    return f"  {stage.bytes / 1e9:.1f} GB at {stage.rate:.2f} GB/s" if stage.told else ""


def _moment(seconds: float) -> str:
    return dt.datetime.fromtimestamp(seconds).astimezone().strftime("%Y-%m-%d %H:%M:%S %Z")


def order(found: Sequence[Boot]) -> tuple[Boot, ...]:
    """Give starts oldest first, each once, from wherever they were told."""
    return tuple(sorted(dict.fromkeys(found), key=lambda boot: boot.when))
