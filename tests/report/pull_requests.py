"""Fourteen pull requests, each an edit of `tests/data/pull_requests/base.yaml`.

`python -m tests.report.pull_requests` writes the comments that the tests then hold to the letter.
"""

from __future__ import annotations

from pathlib import Path

from deployer.cli.diff_sides import reviewed
from deployer.cli.git_profiles import Pair, Text
from deployer.plan.review import Against, review
from deployer.report.review_markdown import markdown

FOLDER = Path(__file__).resolve().parents[1] / "data" / "pull_requests"
FILE = "profiles/glm.yaml"
COMMIT = "3f2a9d7c1b5e4a6f8d0c2b1a9e8d7c6b5a4f3e2d"
BASE = (FOLDER / "base.yaml").read_text(encoding="utf-8")

EDITS: dict[str, list[tuple[str, str]]] = {
    "num_steps": [("  num_steps: 3\n", "  num_steps: 4\n")],
    "kv_dtype": [
        ("  kv_cache_dtype: bfloat16\n", "  kv_cache_dtype: fp8_e4m3\n"),
        ("  prefill: flashmla_sparse\n", "  prefill: trtllm\n"),
    ],
    "gpu": [
        ("  gpu: B200\n", "  gpu: H200\n"),
        ("  decode: trtllm\n", ""),
        ("  runner: flashinfer_trtllm\n", "  runner: auto\n"),
    ],
    "mem_fraction": [("  mem_fraction_static: 0.85\n", "  mem_fraction_static: 0.88\n")],
    "engine": [
        ("  version: 0.5.10.post1\n", "  version: 0.5.23\n"),
        ("sglang:v0.5.10.post1-cu130\n", "sglang:v0.5.23-cu130\n"),
        ("  attention: nsa\n", "  attention: dsa\n"),
        ("  env:\n", ""),
        ('    SGLANG_ENABLE_SPEC_V2: "1"\n', ""),
    ],
    "served_name": [("  served_name: glm-5.1\n", "  served_name: glm-5.1-fp8\n")],
    "api_key": [
        ("  api_key_secret: glm51-api-key\n", ""),
        ("  port: 8000\n", "  port: 8000\n  api_key_env: null\n"),
    ],
    "min_containers": [("  min_containers: 0\n", "  min_containers: 1\n")],
    "revision": [
        (
            "  revision: main  # deployer: allow[revision-unpinned] a test moves it\n",
            "  revision: 5fa28c8\n",
        )
    ],
    "image": [("sglang:v0.5.10.post1-cu130\n", "sglang:v0.5.10.post1-cu129\n")],
    "comment": [("# Stated, because auto", "# It is stated, because auto")],
}
"""What each pull request changes: old text to new text."""


def edited(name: str) -> str:
    text = BASE
    for old, new in EDITS[name]:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return text


def pairs(name: str) -> list[Pair]:
    """Give what `git` would find to be compared in this pull request."""
    base = Text(FILE, BASE)
    special = {
        "added": [Pair(None, base)],
        "deleted": [Pair(base, None)],
        "nothing": [Pair(base, base)],
        "moved": [Pair(base, Text("profiles/moved.yaml", BASE))],
        "broken": [Pair(base, Text(FILE, BASE.replace("num_steps", "num_stepz")))],
    }
    return special.get(name) or [Pair(base, Text(FILE, edited(name)))]


NAMES = (*EDITS, "added", "deleted", "nothing", "moved", "broken")


def comment(name: str) -> str:
    found, _ = reviewed(pairs(name))
    return markdown(review(found, Against("main", COMMIT)))


if __name__ == "__main__":
    for each in NAMES:
        (FOLDER / f"{each}.md").write_text(comment(each), encoding="utf-8")
