"""Every shipped model whose shapes are known, by repository."""

from __future__ import annotations

from deployer.facts.models.catalogue import known, shapes

MODELS = {repo: model for repo in known() if (model := shapes(repo)) is not None}
