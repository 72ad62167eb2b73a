"""What a reader sees of a plan, to the letter."""

from __future__ import annotations

from dataclasses import replace

import pytest

from deployer.facts.prices import SHIPPED
from deployer.plan.deployment import Plan, Standing, make_plan
from deployer.release import Release
from deployer.report.plan_json import to_json
from deployer.report.plan_text import summary, text
from tests.plan.standings import BASE, MISSING, READY, deployed, live, with_flag, with_modal

CANARY = "\x1b[2Jcanary\u202e"


def plan(new: Release, standing: Standing) -> Plan:
    return make_plan(new, standing, SHIPPED)


def shown(made: Plan) -> str:
    """Write a plan; digests move with every change of the profile, so they get names here."""
    old = made.standing.deployed
    written = text(made).replace(made.digest[:12], "<new digest>")
    return written.replace(old.digest[:12], "<old digest>") if old else written


def test_a_first_deployment() -> None:
    assert (
        shown(plan(BASE, live(None, *MISSING)))
        == """\
b200-fp8-eagle: Modal app glm51-b200-fp8-eagle
  deployed    nothing is deployed as this app
  serves      glm-5.1 (zai-org/GLM-5.1-FP8, main)
  on          8 x B200, Modal app glm51-b200-fp8-eagle
  engine      sglang 0.5.10.post1 lmsysorg/sglang:v0.5.10.post1-cu130
  API key     API_KEY
  KV pool     about 651,000 tokens for all requests

What is run
  security    --trust-remote-code on: the repository's own Python code runs in the engine
  image       lmsysorg/sglang:v0.5.10.post1-cu130
  command     python3 -m sglang.launch_server --model-path
              /model-cache/GLM-5.1-FP8/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa --served-model-name
              glm-5.1 --tp-size 8 --trust-remote-code --ep-size 1 --attention-backend nsa
              --nsa-decode-backend trtllm --nsa-prefill-backend flashmla_sparse --moe-runner-backend
              flashinfer_trtllm --enable-flashinfer-allreduce-fusion --speculative-algorithm EAGLE
              --speculative-num-steps 3 --speculative-eagle-topk 1 --speculative-num-draft-tokens 4
              --reasoning-parser glm45 --tool-call-parser glm47 --mem-fraction-static 0.85
              --kv-cache-dtype bfloat16 --max-running-requests 48 --max-prefill-tokens 32768
              --watchdog-timeout 1200 --enable-metrics
  variable    HF_HUB_OFFLINE=1
  variable    PYTHONUNBUFFERED=1
  variable    SGLANG_DG_CACHE_DIR=/dg-cache
  variable    SGLANG_ENABLE_SPEC_V2=1
  mount       volume glm51-model-weights at /model-cache
  mount       volume glm51-deepgemm-cache at /dg-cache
  secret      glm51-api-key (API_KEY)
  secret      huggingface-secret (the hub's token)

Phases
  weights  runs  no complete download is on the volume
                 at most 2 h, at most $3.56: downloads 704.2 GiB on 4 containers of 4 cores with 32
                 GiB; a try ends after 2 h, and the next one goes on from there
  kernels  runs  kernels compile: none are on the volume
                 14.8 min to 2 h, $12.58 to $101.81: loads the weights and compiles on all GPUs; one
                 user reports 12 to 15 min for the kernels alone; it is ended after 2 h
  deploy   runs  nothing is deployed
  wait     runs  a container starts and answers its warm-up requests
                 14.8 min to 85 min, $12.58 to $72.12
  verify   runs  what the API promises is asked of the server

Money (GPU, CPU and memory prices of modal.com/pricing, June 2026; regions and more use cost extra)
  serving     $50.91 an hour a container (8 x B200, 11 cores, 49 GiB), at most 3: $152.72 an hour
  idle        $12.73 for the 15 min from a container's last request until it stops
  cold start  14.8 min to 85 min, $12.58 to $72.12
              loading 704.2 GiB takes 14.8 to 36 min at 0.85 to 0.35 GB/s (modal-projects/stitch#54,
              of reading by pages under gVisor); how long the container, imports, kernels, CUDA
              graphs and warm-up take on Modal is not published (71 to 292 s of a small model on an
              H200 elsewhere, with kernels and without); Modal gives it up after the budget of 85
              min
  a month     without traffic $0, at full load $0 -> $111,487
  storage     at most $63.38 a month: each commit of the weights is another 704.2 GiB; a workspace's
              first 1,024 GiB are free, then $0.09 a GiB and month

Notes
  - 3 containers of 8 GPUs are 24 GPUs at a time; of Modal's plans Starter has 10 (enough for 1)

A first deployment; deploys as version 1; $37.89 to $190.21 once; $111,487 a month more at full load.
"""  # noqa: E501 - a golden text
    )


def test_a_change() -> None:
    kept = with_modal(min_containers=1)

    assert (
        shown(plan(kept, live(deployed(), *READY)))
        == """\
b200-fp8-eagle: Modal app glm51-b200-fp8-eagle, environment main
  deployed    version 7, 2026-11-18 11:06 UTC, by ana, commit 1a2b3c4d5e6f (with uncommitted
              changes), 2 containers up
              https://ana--glm.modal.run
  release     <old digest> -> <new digest>

Changes
  ~ modal.min_containers  0 -> 1
      Containers that stay up without traffic; default: 0
      money $37,162 a month more: containers that stay up cost their GPUs around the clock, 730 hours a month (GPU, CPU and memory prices of modal.com/pricing, June 2026; regions and more use cost extra)
  The next deploy replaces the containers that run

Phases
  weights  done  complete since 2026-11-20, 142 files, 756.1 GB
  kernels  done  compiled on 2026-11-20, 31 kernels
  deploy   runs  version 7 is another release
  wait     runs  a container starts and answers its warm-up requests
                 14.8 min to 85 min, $12.58 to $72.12
  verify   runs  what the API promises is asked of the server

Money (GPU, CPU and memory prices of modal.com/pricing, June 2026; regions and more use cost extra)
  serving     $50.91 an hour a container (8 x B200, 11 cores, 49 GiB), at most 3: $152.72 an hour
  idle        $12.73 for the 15 min from a container's last request until it stops
  cold start  14.8 min to 85 min, $12.58 to $72.12
              loading 704.2 GiB takes 14.8 to 36 min at 0.85 to 0.35 GB/s (modal-projects/stitch#54,
              of reading by pages under gVisor); how long the container, imports, kernels, CUDA
              graphs and warm-up take on Modal is not published (71 to 292 s of a small model on an
              H200 elsewhere, with kernels and without); Modal gives it up after the budget of 85
              min
  a month     without traffic $0 -> $37,162, at full load $111,487
  storage     at most $63.38 a month: each commit of the weights is another 704.2 GiB; a workspace's
              first 1,024 GiB are free, then $0.09 a GiB and month

Notes
  - 3 containers of 8 GPUs are 24 GPUs at a time; of Modal's plans Starter has 10 (enough for 1)
  - a deploy starts new containers beside the old ones, up to twice as many for a while: with one
    that runs, that is 16 GPUs, and of Modal's plans Starter has 10

1 change: money $37,162 a month more, new containers; deploys as version 8; $12.58 to $72.12 once; $37,162 a month more without traffic.
"""  # noqa: E501 - a golden text
    )


def test_nothing_to_do() -> None:
    assert (
        shown(plan(BASE, live(deployed(dirty=False, containers=1), *READY)))
        == """\
b200-fp8-eagle: Modal app glm51-b200-fp8-eagle, environment main
  deployed    version 7, 2026-11-18 11:06 UTC, by ana, commit 1a2b3c4d5e6f, 1 container up
              https://ana--glm.modal.run
  release     <new digest>

Phases
  weights  done  complete since 2026-11-20, 142 files, 756.1 GB
  kernels  done  compiled on 2026-11-20, 31 kernels
  deploy   done  version 7 is this release
  wait     skip  nothing is deployed anew
  verify   skip  nothing is deployed anew

Money (GPU, CPU and memory prices of modal.com/pricing, June 2026; regions and more use cost extra)
  serving     $50.91 an hour a container (8 x B200, 11 cores, 49 GiB), at most 3: $152.72 an hour
  idle        $12.73 for the 15 min from a container's last request until it stops
  cold start  14.8 min to 85 min, $12.58 to $72.12
              loading 704.2 GiB takes 14.8 to 36 min at 0.85 to 0.35 GB/s (modal-projects/stitch#54,
              of reading by pages under gVisor); how long the container, imports, kernels, CUDA
              graphs and warm-up take on Modal is not published (71 to 292 s of a small model on an
              H200 elsewhere, with kernels and without); Modal gives it up after the budget of 85
              min
  a month     without traffic $0, at full load $111,487
  storage     at most $63.38 a month: each commit of the weights is another 704.2 GiB; a workspace's
              first 1,024 GiB are free, then $0.09 a GiB and month

Notes
  - 3 containers of 8 GPUs are 24 GPUs at a time; of Modal's plans Starter has 10 (enough for 1)

Nothing to do.
"""
    )


def test_offline_says_what_it_was_compared_with() -> None:
    recorded = deployed(who="", commit="", dirty=False, containers=0)
    newer = replace(BASE, engine=replace(BASE.engine, version="0.5.10"))

    assert (
        shown(plan(newer, Standing("record", recorded, (), ())))
        == """\
b200-fp8-eagle: Modal app glm51-b200-fp8-eagle, environment main
  offline     compared with what was recorded on 2026-11-18 11:06 UTC; the live state was not looked
              at
  deployed    version 7, 2026-11-18 11:06 UTC
              https://ana--glm.modal.run
  release     <old digest> -> <new digest>

Changes
  ~ engine.version  0.5.10.post1 -> 0.5.10
      The pinned release
      kernels compiled again (once, $12.58 to $101.81): those of before are for another: engine.version 0.5.10.post1 -> 0.5.10
      accuracy may change: kernels and defaults differ between releases
      visible to API clients: answers are parsed by another release
      KV capacity: releases reckon memory otherwise (0.5.10 leaves the draft layer out)
  The next deploy replaces the containers that run

Phases
  weights  done  they were there for version 7; the volume was not looked at
  kernels  runs  kernels compile again, because engine.version 0.5.10.post1 -> 0.5.10
                 14.8 min to 2 h, $12.58 to $101.81: loads the weights and compiles on all GPUs; one
                 user reports 12 to 15 min for the kernels alone; it is ended after 2 h
  deploy   runs  version 7 is another release
  wait     runs  a container starts and answers its warm-up requests
                 14.8 min to 85 min, $12.58 to $72.12
  verify   runs  what the API promises is asked of the server

Money (GPU, CPU and memory prices of modal.com/pricing, June 2026; regions and more use cost extra)
  serving     $50.91 an hour a container (8 x B200, 11 cores, 49 GiB), at most 3: $152.72 an hour
  idle        $12.73 for the 15 min from a container's last request until it stops
  cold start  14.8 min to 85 min, $12.58 to $72.12
              loading 704.2 GiB takes 14.8 to 36 min at 0.85 to 0.35 GB/s (modal-projects/stitch#54,
              of reading by pages under gVisor); how long the container, imports, kernels, CUDA
              graphs and warm-up take on Modal is not published (71 to 292 s of a small model on an
              H200 elsewhere, with kernels and without); Modal gives it up after the budget of 85
              min
  a month     without traffic $0, at full load $111,487
  storage     at most $63.38 a month: each commit of the weights is another 704.2 GiB; a workspace's
              first 1,024 GiB are free, then $0.09 a GiB and month

Notes
  - 3 containers of 8 GPUs are 24 GPUs at a time; of Modal's plans Starter has 10 (enough for 1)
  - a deploy starts new containers beside the old ones, up to twice as many for a while: with one
    that runs, that is 16 GPUs, and of Modal's plans Starter has 10

1 change: kernels compiled again (once, $12.58 to $101.81), accuracy may change, visible to API clients, KV capacity, new containers; deploys as version 8; $37.89 to $186.66 once; a month costs what it did.
"""  # noqa: E501 - a golden text
    )


def test_offline_with_no_record() -> None:
    lines = text(plan(BASE, Standing("nothing", None, (), ("all is shown as new",)))).splitlines()

    assert lines[1:3] == [
        "  offline     nothing is recorded on this machine; the live state was not looked at",
        "  deployed    nothing is recorded as deployed as this app",
    ]
    assert "  - all is shown as new" in lines
    assert lines[-1].startswith("As if nothing were deployed; deploys as version 1; ")


def test_stopped_and_unreadable() -> None:
    found = deployed(release=None, digest="", state="stopped", containers=0, url="", dirty=False)
    lines = text(plan(BASE, live(found, *READY))).splitlines()

    assert lines[1].startswith("  stopped     version 7, 2026-11-18 11:06 UTC, by ana, commit")
    assert lines[2].startswith("  release     not known -> ")
    assert lines[-1].startswith("Another release; deploys as version 1; ")


@pytest.mark.parametrize(
    ("new", "standing", "sentence"),
    [
        (BASE, Standing("record", deployed(), (), ()), "Nothing to do, as far as is recorded."),
        (
            BASE,
            live(deployed(), MISSING[0], READY[1]),
            "No change of the release; runs weights; $0.00 to $3.56 once.",
        ),
        (
            BASE,
            live(deployed(state="stopped"), *READY),
            (
                "No change of the release; deploys as version 1; $25.31 to $84.85 once; "
                "$111,487 a month more at full load."
            ),
        ),
        (
            with_modal(max_containers=1),
            live(deployed(), *READY),
            (
                "1 change: money at most $152.72 -> $50.91 an hour, new containers; deploys as "
                "version 8; $25.31 to $84.85 once; $74,324 a month less at full load."
            ),
        ),
        (
            with_flag("--watchdog-timeout", "9"),
            live(deployed(), *READY),
            (
                "1 change: new containers; deploys as version 8; $25.31 to $84.85 once; "
                "a month costs what it did."
            ),
        ),
    ],
)
def test_the_last_line_says_it_all(new: Release, standing: Standing, sentence: str) -> None:
    made = plan(new, standing)

    assert summary(made) == sentence
    assert text(made).endswith(f"\n\n{sentence}\n")


def test_without_prices_no_dollars_are_made_up() -> None:
    written = text(make_plan(BASE, live(None, *MISSING), replace(SHIPPED, gpus=(), core=None)))

    assert "serving     8 x B200 a container, at most 3 containers" in written
    assert "no figure   the price of B200 is not in the table" in written
    assert "no figure   the prices of CPU and memory are not in the table" in written
    money = written.replace("$0.09 a GiB", "").replace("at most $63.38 a month", "")
    assert "$" not in money


def test_what_others_wrote_moves_no_cursor() -> None:
    fact = replace(MISSING[0], reason=CANARY)
    found = replace(
        deployed(digest=CANARY, state=CANARY),
        who=CANARY,
        commit=CANARY,
        url=CANARY,
        environment=CANARY,
    )
    written = text(plan(BASE, live(found, fact, READY[1], notes=(CANARY,))))

    assert "canary" in written
    assert all(line.isprintable() for line in written.splitlines())


def test_the_json_is_ascii_and_says_what_the_text_says() -> None:
    made = plan(BASE, live(deployed(who=CANARY), *MISSING))
    written = to_json(made)

    assert written.isascii()
    for known in (
        made.fingerprint,
        made.digest,
        READY[0].phase,
        MISSING[1].reason,
        "dollars_at_most",
    ):
        assert known in written
