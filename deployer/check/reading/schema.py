"""What the profile's models refuse (:mod:`deployer.profile.schema_findings`)."""

from __future__ import annotations

from deployer.check.reading.told import Told

TOLD = (
    Told(
        "bad-key",
        """A key that a section of free names cannot have.

        Why it hurts: no flag and no variable can be called so.

        Instead of ``-`` write ``+``::

              engine:
                env:
            -     not-a-variable: "1"
            +     A_VARIABLE: "1"

        Source: the profile's models, ``deployer/profile/sections/``; `deployer schema` prints them
        as a JSON Schema.
        """,
    ),
    Told(
        "bad-pattern",
        """A text of another form than its key needs.

        Why it hurts: what is made of it, a flag or a name on Modal, would be refused later.

        Instead of ``-`` write ``+``::

              engine:
            -   version: latest
            +   version: 0.5.10.post1

        Source: the profile's models, ``deployer/profile/sections/``; `deployer schema` prints them
        as a JSON Schema.
        """,
    ),
    Told(
        "invalid-value",
        """A value that its key cannot take.

        Why it hurts: it contradicts what its section says, or what it is for.

        Instead of ``-`` write ``+``::

              name: glm
              lifecycle:
            -   warmup: [chat, chat]
            +   warmup: [chat]

        Source: the profile's models, ``deployer/profile/sections/``; `deployer schema` prints them
        as a JSON Schema.
        """,
    ),
    Told(
        "missing-key",
        """A key that every profile needs.

        Why it hurts: there is no sound default for it.

        Instead of ``-`` write ``+``::

              hardware:
                gpu: B200
            +   count: 8

        Source: the profile's models, ``deployer/profile/sections/``; `deployer schema` prints them
        as a JSON Schema.
        """,
    ),
    Told(
        "out-of-bounds",
        """A number or a length beyond what its key allows.

        Why it hurts: the engine or the platform refuses it, or takes it and does something else.

        Instead of ``-`` write ``+``::

              memory:
            -   mem_fraction_static: 1.4
            +   mem_fraction_static: 0.85

        Source: the profile's models, ``deployer/profile/sections/``; `deployer schema` prints them
        as a JSON Schema.
        """,
    ),
    Told(
        "unknown-key",
        """A key that its section does not have.

        Why it hurts: a misspelt key would count for nothing, without a word.

        Instead of ``-`` write ``+``::

              memory:
            -   mem_fraction: 0.85
            +   mem_fraction_static: 0.85

        Source: the profile's models, ``deployer/profile/sections/``; `deployer schema` prints them
        as a JSON Schema.
        """,
    ),
)
"""By their ids, in order."""
