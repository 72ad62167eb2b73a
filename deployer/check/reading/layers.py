"""What is said of the layers of a profile (:mod:`deployer.profile.layers`)."""

from __future__ import annotations

from deployer.check.reading.told import Told

TOLD = (
    Told(
        "base-extends",
        """What a profile extends extends another file itself.

        Why it hurts: a value may then stand anywhere in a row of files. One level can be seen at a
        glance, so one level is read.

        Instead of ``-`` write ``+``::

              # profiles/base.yaml
            - extends: common.yaml
              schedule: {max_running_requests: 48}
              ---
              # profiles/glm.yaml
              extends: base.yaml
              name: glm

        Source: ``deployer/profile/layers.py``.
        """,
    ),
    Told(
        "base-not-read",
        """What a profile extends is not there, or may not be read.

        Why it hurts: most of the profile is not known then. It is looked for from the profile's
        own folder, and within its repository; a profile does not extend itself.

        Instead of ``-`` write ``+``::

            + # profiles/base.yaml
            + schedule: {max_running_requests: 48}
            + ---
              # profiles/glm.yaml
            - extends: bsae.yaml
            + extends: base.yaml
              name: glm

        Source: ``deployer/cli/layers.py``.
        """,
    ),
    Told(
        "environment-not-apart",
        """In an environment a profile is the very deployment that it is without it.

        Why it hurts: a deployment for trying things out would replace the one that serves.

        Instead of ``-`` write ``+``::

              # profiles/glm.yaml
              modal: {environment: main}
              environments:
                staging:
            -     modal: {environment: main, max_containers: 1}
            +     modal: {max_containers: 1}

        Source: ``deployer/profile/layers.py``; an app's name is unique in its Modal environment:
        https://modal.com/docs/guide/environments
        """,
    ),
    Told(
        "environment-not-there",
        """The environment that was asked for is none of the profile's.

        Why it hurts: what would be otherwise in it is not known. No other is taken for it.

        Instead of ``-`` write ``+``::

              # profiles/glm.yaml
              environments:
            -   stagign:
            +   staging:
                  modal: {max_containers: 1}

        Source: ``deployer/profile/layers.py``.
        """,
    ),
)
"""By their ids, in order."""
