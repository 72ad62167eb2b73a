"""A key of `loading` says something to another loader than the one that is taken.

Why it hurts: SGLang refuses names that the format does not know ("Unexpected extra config keys"),
and ends; what it takes and does not use makes nothing faster.

Instead of ``-`` write ``+``::

      model:
        load_format: auto
      loading:
    -   concurrency: 16
    +   threads: 16

Source: `srt/model_loader/loader.py` of the wheels from 0.5.9 to 0.5.23; of reading
ahead modal-projects/stitch#54 ("prefetch only warms the page cache for the mmap path, which
fastsafetensors bypasses").
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.check.rule import Problem, Rule
from deployer.compile.case import Case
from deployer.facts.sglang.loaders import MANY_THREADS, OPTIONS_FLAG, STRAIGHT, STREAMED
from deployer.finding import Severity

OWN = OPTIONS_FLAG.removeprefix("--")


def find(case: Case) -> Iterator[Problem]:
    """Hold each key against the format, and all of them against what `engine.args` says."""
    loading, how = case.profile.loading, case.profile.model.load_format or "auto"
    wanted = (
        ("threads", loading.threads, MANY_THREADS, "formats that read whole shards"),
        ("prefetch", loading.prefetch, MANY_THREADS, "formats that read by the page cache"),
        ("gds", loading.gds, {STRAIGHT}, f"`{STRAIGHT}`"),
        ("concurrency", loading.concurrency, {STREAMED}, f"`{STREAMED}`"),
    )
    for name, value, formats, words in wanted:
        if value is not None and value is not False and how not in formats:
            yield Problem(
                ("loading", name),
                f"it is for {words}, and the weights are read as `{how}`",
                "leave it out, or take that `model.load_format`",
            )
    if OWN in case.profile.engine.args and (loading.threads, loading.gds, loading.concurrency) != (
        None,
        None,
        None,
    ):
        yield Problem(
            ("engine", "args", OWN),
            f"`loading` says something to the loader as well, and the last `{OPTIONS_FLAG}` holds",
            "say it in one place",
        )


RULE = Rule(
    "loader-option-elsewhere",
    Severity.ERROR,
    find,
    link="https://github.com/modal-projects/stitch/pull/54",
)
