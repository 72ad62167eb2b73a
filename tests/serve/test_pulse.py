"""A pulse travels as JSON, and what it does not know is nothing."""

from __future__ import annotations

import json

from deployer.codec import decode, encode
from deployer.serve.pulse import Pulse


def test_it_comes_back_from_json() -> None:
    pulse = Pulse(
        12.5,
        ready=True,
        in_flight=3,
        last_byte_at=11.0,
    )
    assert decode(Pulse, json.loads(json.dumps(encode(pulse)))) == pulse


def test_a_door_that_saw_nothing_claims_nothing() -> None:
    pulse = Pulse(1.0)
    assert not pulse.ready
    assert (pulse.in_flight, pulse.last_byte_at) == (0, 0.0)
