"""Two profiles that are deployed as one Modal app.

Why it hurts: an app has one deployment. Applying the second profile replaces what the first one
deployed, containers and all, and the next apply of the first one takes the place back.

Instead of ``-`` write ``+``::

      # profiles/production.yaml
      name: production
      modal:
        app: glm
      ---
      # profiles/trial.yaml
      name: trial
      modal:
    -   app: glm
    +   app: glm-trial

One app name in two Modal environments is two apps. Where one of the profiles names no environment,
the configuration of whoever deploys decides, and both may be one.

Source: Modal's guide, "Managing deployments": https://modal.com/docs/guide/managing-deployments
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.check.across.identity import Identity
from deployer.check.across.rule import Across
from deployer.check.rule import Problem
from deployer.finding import Severity
from deployer.visible import visible


def find(own: Identity, other: Identity) -> Iterator[Problem]:
    """Compare the environments of two that have one app."""
    if own.environment and other.environment and own.environment != other.environment:
        return
    unnamed = own.environment != other.environment
    where = ", if your configuration names one environment for both" if unnamed else ""
    yield Problem(
        ("modal", "app"),
        f"`{own.app}` is the app of {visible(other.file)}, too{where}: "
        "applying either replaces what the other deployed",
        "give each an app of its own, or name two environments",
    )


RULE = Across(
    "app-taken-twice",
    Severity.ERROR,
    lambda one: one.app,
    find,
    link="https://modal.com/docs/guide/managing-deployments",
)
