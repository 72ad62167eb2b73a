"""What is said of the profiles that one falls back to (:mod:`deployer.check.shapes`)."""

from __future__ import annotations

from deployer.check.reading.told import Told
from deployer.finding import Severity

TOLD = (
    Told(
        "fallback-not-read",
        """A profile that another one falls back to is not there, or names a fallback itself.

        Why it hurts: which GPUs the deployment takes, and with which flags, is not known then. All
        shapes of a deployment stand in one list, in the order in which they are tried. A file is
        looked for from the folder of the profile that names it, and within its repository.

        Instead of ``-`` write ``+``::

              # profiles/other.yaml
            - modal: {fallback: [third.yaml]}
              hardware: {gpu: H200}
              ---
              # profiles/glm.yaml
              modal: {fallback: [other.yaml]}

        A profile that extends the one that names it has its list as well, and takes it away by
        `modal: {fallback: null}`.

        Source: ``deployer/check/shapes.py``; the order is Modal's:
        https://modal.com/docs/guide/gpu
        """,
    ),
    Told(
        "fallback-not-right",
        """A profile that another one falls back to is not right itself.

        Why it hurts: a container that gets its GPUs would serve it, and fail or answer wrongly.

        Instead of ``-`` write ``+``::

              # profiles/other.yaml
            - hardware: {gpu: H200, count: 9}
            + hardware: {gpu: H200, count: 8}
              ---
              # profiles/glm.yaml
              modal: {fallback: [other.yaml]}

        Source: ``deployer/check/shapes.py``.
        """,
    ),
    Told(
        "shape-limits",
        """The shapes of a deployment have limits or timeouts of their own, and Modal takes one.

        Why it hurts: not at all, once it is known. A container must hold what the limit lets in,
        whichever GPUs it got, so the smallest number of requests counts; and it must be given the
        time, the cores and the memory that its shape needs, so of these the largest does.

        Instead of ``-`` write ``+``::

              # profiles/other.yaml
              hardware: {gpu: H200}
              schedule: {max_running_requests: 24}
            + modal: {max_inputs: 24}
              ---
              # profiles/glm.yaml
              schedule: {max_running_requests: 48}
            - modal: {fallback: [other.yaml]}
            + modal: {max_inputs: 24, fallback: [other.yaml]}

        Source: ``deployer/compile/shapes.py``; one function has one number of inputs:
        https://modal.com/docs/guide/concurrent-inputs
        """,
        Severity.NOTE,
    ),
    Told(
        "shape-taken-twice",
        """Two shapes of a deployment are for the same GPUs.

        Why it hurts: a container finds out by its GPUs which shape it is, and could not tell.

        Instead of ``-`` write ``+``::

              # profiles/other.yaml
            + hardware: {gpu: H200}
              schedule: {max_running_requests: 24}
              ---
              # profiles/glm.yaml
              modal: {fallback: [other.yaml]}

        Source: ``deployer/serve/machine.py``.
        """,
    ),
    Told(
        "shapes-disagree",
        """The shapes of a deployment differ in what it has but once.

        Why it hurts: a client is told the same of every container: the address, the key, the names
        of models, how long a request may be, the routes, how an answer is taken apart. There is one
        image, and weights are downloaded once. What shapes have of their own is the GPUs, and how
        the engine uses them.

        Instead of ``-`` write ``+``::

              # profiles/other.yaml
              hardware: {gpu: H200}
            - model: {served_name: b-small}
              ---
              # profiles/glm.yaml
              modal: {fallback: [other.yaml]}

        Source: ``deployer/check/shapes.py``.
        """,
    ),
)
"""By their ids, in order."""
