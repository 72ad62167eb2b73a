"""What a change of a flag or a variable could do."""

from __future__ import annotations

from deployer.facts.sglang.catalogue import load
from deployer.facts.sglang.powers import Power
from deployer.plan.changes import Change
from deployer.plan.powers import of_change


def variable(name: str) -> Change:
    return Change("added", f"engine.env.{name}", name, "", "1")


def test_a_variable_that_any_release_declares_is_known() -> None:
    """What this release has no more does nothing; what nobody declares could do anything."""
    newest, old = load("0.5.23"), load("0.5.9")
    gone = "SGLANG_DISABLE_REQUEST_LOGGING"
    assert gone in old.variables
    assert gone not in newest.variables

    assert of_change(variable(gone), newest) == ()
    assert of_change(variable(gone), old) == ()
    (unknown,) = of_change(variable("NOBODYS_VARIABLE"), newest)
    assert unknown.power is Power.UNKNOWN
