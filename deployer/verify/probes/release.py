"""Every answer tells which release it is of, and it is this one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deployer.verify.check import Broken

if TYPE_CHECKING:
    from deployer.verify.check import Check
    from deployer.verify.context import Context
    from deployer.verify.verdict import Verdict


def ask(context: Context, check: Check) -> Verdict:
    """Look at what was told with every answer so far, and with one more.

    While a new version comes up, the containers of the one before serve on: their answers keep
    promises, too, but not this release's.
    """
    wanted = context.endpoint.release
    if not wanted:
        return check.skipped("no release is named that should answer")
    context.get("/health")
    others = sorted({told for told in context.told if told not in {"", wanted}})
    if others:
        count = sum(told in others for told in context.told)
        msg = f"{count} of {len(context.told)} answers are of another release: {', '.join(others)}"
        raise Broken(msg, hint="the containers of the version before serve on until this one can")
    if "" in context.told:
        count = context.told.count("")
        msg = f"{count} of {len(context.told)} answers do not tell which release they are of"
        hint = "a server that an older deployer started does not; `deployer apply` starts another"
        raise Broken(msg, hint=hint)
    count = len(context.told)
    on = f", on {' and '.join(context.shapes)}" if context.shapes else ""
    check.that(
        count > 0, f"{count} answers are of release {wanted}{on}", otherwise="nothing was answered"
    )
    return check.passed()
