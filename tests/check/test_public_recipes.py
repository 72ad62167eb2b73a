"""No check fires on what SGLang's own cookbook publishes, but for what is told of two recipes.

`tests/data/recipes.json` holds the commands with the file and commit that they are from. What a
command does not say and a deployment needs (a key, a commit, an image's digest) is added here.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from deployer.adopt.adopt import from_words
from deployer.adopt.wishes import Wishes
from deployer.check.run import judge
from deployer.finding import Severity

from .sane import Change, changed

FILE = Path(__file__).resolve().parents[1] / "data" / "recipes.json"
RECIPES: list[dict[str, Any]] = json.loads(FILE.read_text(encoding="utf-8"))["recipes"]
COMMIT = "f396cf805182f4ca10fa675e1a99815b3ca384db"
ENOUGH, FAMILIES = 40, 12

TOLD = {
    ("MiniMax-M2.7", "A100-80GB"): {"pool-below-one-context"},
    ("GLM-5-FP8", "H200"): {"pool-below-one-context"},
    ("Llama-3.1-70B-Instruct", "H100"): {"draft-not-there"},
}
"""What is told, and rightly: two name no context, and their pool holds less than the model's; one
asks for EAGLE with no draft model, of a model that brings none (as sgl-project/sglang#36528)."""

DEPLOYED: Change = {
    "model": {"revision": COMMIT},
    "serving": {"api_key_env": "API_KEY"},
    "modal": {
        "auth": "both",
        "api_key_secret": "key",
        "hub_secret": "hub",
        "kernel_cache": {"volume": "kernels", "path": "/dg-cache"},
        "max_inputs": 64,
        "scaledown_window": 1800,
    },
    "lifecycle": {"startup_timeout": 3600},
}


def profile(recipe: dict[str, Any]) -> str:
    """Give the profile that a recipe is imported as, with what a deployment adds."""
    wishes = Wishes(gpu=recipe["gpu"], count=recipe["count"], release=recipe["release"])
    words = ["python3", "-m", "sglang.launch_server", *recipe["command"].split()]
    imported: Change = yaml.safe_load(from_words(words, wishes, lambda _: None).profile)
    image = f"lmsysorg/sglang:v{recipe['release']}-cu130@sha256:{'0' * 64}"
    engine: Change = {"image": image, "env": {k: str(v) for k, v in recipe["env"].items()}}
    added = changed({"engine": engine}, DEPLOYED)
    if (imported.get("speculative") or {}).get("draft_model"):
        added = changed({"speculative": {"draft_revision": COMMIT}}, added)
    if "schedule" not in imported or "max_running_requests" not in imported["schedule"]:
        added = changed({"schedule": {"max_running_requests": 64}}, added)
    return yaml.safe_dump(changed(added, imported), sort_keys=False)


@pytest.mark.parametrize("recipe", RECIPES, ids=[f"{r['model']}-{r['gpu']}" for r in RECIPES])
def test_a_public_recipe_is_no_finding(recipe: dict[str, Any]) -> None:
    found = judge(profile(recipe), "p.yaml").findings

    told = [one for one in found if one.severity is not Severity.NOTE]
    expected = TOLD.get((recipe["model"], recipe["gpu"]), set())
    assert {one.check for one in told} == expected, [f"{o.path}: {o.message}" for o in told]
    errors = {one.check for one in told if one.severity is Severity.ERROR}
    assert errors <= {"draft-not-there"}


def test_they_are_of_many_families() -> None:
    owners = {recipe["command"].split()[1].partition("/")[0] for recipe in RECIPES}

    assert len(RECIPES) - len(TOLD) >= ENOUGH
    assert len(owners) >= FAMILIES
    assert {recipe["gpu"] for recipe in RECIPES} >= {"A100-80GB", "H100", "H200", "B200", "B300"}
