"""Which profile of a pull request is told first."""

from __future__ import annotations

from deployer.plan.effects import RANK, Effect
from deployer.plan.review import Reviewed, Status


def test_what_comments_allow_comes_with_what_concerns_security_and_before_what_stays() -> None:
    def rank(status: Status, *allowed: str) -> int:
        return Reviewed(status, "a.yaml", "a", allowed=allowed).rank

    assert rank("unchanged", "port-privileged") == RANK[Effect.SECURITY]
    assert rank("broken") == rank("added") == rank("deleted") == -1
    assert rank("broken") < rank("unchanged", "port-privileged") < rank("unchanged")
    assert max(RANK.values()) < rank("unchanged") < rank("identical")
