"""All signatures, in the order in which they are tried: the particular before the general."""

from deployer.diagnose.signature import Signature
from deployer.diagnose.signatures import arguments, devices, memory, ranks, weights

SIGNATURES: tuple[Signature, ...] = (
    *memory.SIGNATURES,
    *arguments.SIGNATURES,
    *ranks.SIGNATURES,
    *devices.SIGNATURES,
    *weights.SIGNATURES,
)

OUTSIDE = frozenset(signature.name for signature in SIGNATURES if signature.outside)
"""Names of those that come from outside of the engine."""
