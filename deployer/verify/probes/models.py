"""``/v1/models`` lists the served name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deployer.verify.check import Broken
from deployer.verify.excerpt import excerpt

if TYPE_CHECKING:
    from deployer.verify.check import Check
    from deployer.verify.context import Context
    from deployer.verify.verdict import Verdict


def ask(context: Context, check: Check) -> Verdict:
    """Ask for the list and look for the name.

    The engine answers to any name, so that a wrong one is noticed nowhere else. The list comes from
    the process that reads HTTP: that it is right says nothing of whether the engine behind answers.
    """
    names = listed(context)
    check.that(
        context.model in names,
        f"lists {context.model}",
        otherwise=f"{context.model} is not listed; listed are: {', '.join(names)}",
        hint="does another deployment answer at this URL? See --served-model-name",
    )
    return check.passed()


def listed(context: Context) -> tuple[str, ...]:
    """Ask for the names of the models, at least one; or :class:`~deployer.verify.check.Broken`."""
    page = context.client.models.list()
    models = getattr(page, "data", None)
    found = [getattr(model, "id", None) for model in models] if isinstance(models, list) else []
    names = tuple(name for name in found if isinstance(name, str) and name)
    if not names:
        detail = (excerpt(context.endpoint, page),)
        msg = "/v1/models lists no model"
        raise Broken(msg, detail=detail)
    return names


def context_length(context: Context) -> int | None:
    """Ask how many tokens a request may have; None where that is not told."""
    models = getattr(context.client.models.list(), "data", None) or []
    for model in models if isinstance(models, list) else []:
        length = getattr(model, "max_model_len", None)
        if getattr(model, "id", None) == context.model and isinstance(length, int):
            return length
    return None
