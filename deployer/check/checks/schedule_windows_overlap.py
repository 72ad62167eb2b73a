"""Two windows of the schedule are in force at the same time, or one keeps no more than stays up.

Why it hurts: of two windows that overlap only the one with more containers counts, so the other
says something that does not happen; and a window that keeps no more containers than
`min_containers` does nothing at all.

Instead of ``-`` write ``+``::

      modal:
        schedule:
          - {days: mon-fri, hours: "08:00-18:00", timezone: Europe/Berlin, min_containers: 1}
    -     - {days: mon-wed, hours: "17:00-20:00", timezone: Europe/Berlin, min_containers: 1}
    +     - {days: mon-wed, hours: "18:00-20:00", timezone: Europe/Berlin, min_containers: 1}

Source: https://modal.com/docs/guide/scale: an autoscaler has one `min_containers` at a time.
Daylight saving is looked at in a week of winter and one of summer.
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.check.rule import Problem, Rule
from deployer.compile.case import Case
from deployer.finding import Severity
from deployer.profile.sections.modal import Window as Section
from deployer.release import Window


def find(case: Case) -> Iterator[Problem]:
    """Compare each window with those before it, and with what stays up anyway."""
    modal = case.profile.modal
    if modal is None or case.profile.target != "modal":
        return
    if not modal.schedule:
        return
    from deployer.behaviour.windows import overlap  # noqa: PLC0415 - few profiles have any

    windows = [_window(one) for one in modal.schedule]
    for at, window in enumerate(windows):
        place = ("modal", "schedule", at)
        for before in range(at):
            if overlap(windows[before], window):
                yield Problem(
                    place,
                    f"this window and the {before + 1}. one are in force at the same time",
                    "let one end where the other begins",
                )
        if window.min_containers <= modal.min_containers:
            yield Problem(
                (*place, "min_containers"),
                f"{modal.min_containers} stay up around the clock, so this window adds none",
                "leave the window out, or lower `modal.min_containers`",
            )


def _window(one: Section) -> Window:
    return Window(one.days, one.hours, one.timezone, one.min_containers)


RULE = Rule("schedule-windows-overlap", Severity.ERROR, find)
