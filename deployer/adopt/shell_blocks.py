"""The blocks of a shell script that is read: which branch of each runs, as far as is known."""

from __future__ import annotations

from dataclasses import dataclass, field

from deployer.adopt.shell_values import Value

Runs = bool | None
"""Whether something runs; None where only running the script tells."""


def both(left: Runs, right: Runs) -> Runs:
    """Whether something runs that needs two things."""
    if left is False or right is False:
        return False
    return True if left and right else None


def negated(runs: Runs) -> Runs:
    """Whether something runs where the other does not."""
    return None if runs is None else not runs


@dataclass(slots=True, eq=False)
class Block:
    """One block: what it is, and what its branches came to until now.

    ``outer`` is whether the block is reached at all, ``current`` whether the branch that is being
    read runs. ``before`` are the variables at the start of each branch, ``outcomes`` those at the
    end of each that may have run. ``decided`` says that a branch before surely ran, ``exhaustive``
    that one of them must. ``dead`` is a branch that has left: what follows in it never runs.
    """

    word: str
    before: dict[str, Value]
    outer: Runs = True
    current: Runs = True
    decided: bool = False
    exhaustive: bool = False
    dead: bool = False
    irregular: bool = False
    outcomes: list[dict[str, Value]] = field(default_factory=list)
    subject: str = ""
    patterns: bool = False
    variable: str = ""
    items: list[str] | None = None
    start: int = 0

    @property
    def runs(self) -> Runs:
        """Whether what is read now runs, as far as this block says."""
        return False if self.dead else both(self.outer, self.current)

    def opens(self, holds: Runs) -> None:
        """Begin a branch whose condition holds, or does not, or nobody knows."""
        self.current = False if self.decided else holds
        self.dead = False

    def otherwise(self) -> None:
        """Begin the branch that runs where none before did."""
        self.current = (
            False if self.decided else (None if self.outcomes or self.irregular else True)
        )
        self.exhaustive = True
        self.dead = False

    def ends(self, values: dict[str, Value]) -> None:
        """End a branch with the variables as they are then."""
        if self.current is not False:
            self.decided = self.decided or self.current is True
            self.irregular = self.irregular or self.dead
            if not self.dead:
                self.outcomes.append(values)
        self.current = False

    def all_outcomes(self) -> list[dict[str, Value]]:
        """Give every way in which the variables may be after it; none where it always left."""
        found = list(self.outcomes)
        if not (self.decided or self.exhaustive) or self.outer is None:
            found.append(self.before)
        return found
