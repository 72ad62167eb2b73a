"""Releases that are ejected in tests: every shipped one for Modal, and one of several machines."""

from __future__ import annotations

from pathlib import Path

from deployer.compile.release import compile_profile
from deployer.profile.load import load_profile
from deployer.release import Release
from tests.opened import text

ROOT = Path(__file__).parents[2]
PROFILES = sorted(
    path
    for path in (ROOT / "profiles").glob("*.yaml")
    if "target: modal" in path.read_text("utf-8")
)


def released(text: str) -> Release:
    loaded = load_profile(text, "profile.yaml")
    assert loaded.profile is not None, loaded.findings
    return compile_profile(loaded.profile)


SHIPPED = tuple(released(path.read_text(encoding="utf-8")) for path in PROFILES)

SPANNING_PROFILE = """\
name: spanning
target: modal
model:
  repo: deepseek-ai/DeepSeek-R1
  revision: "0123456789012345678901234567890123456789"
  served_name: r1
  trust_remote_code: true
hardware:
  gpu: H100
  count: 8
engine:
  version: 0.5.23
  image: lmsysorg/sglang:v0.5.23
  args:
    nnodes: 2
    node-rank: 0
    dist-init-addr: 10.0.0.1:5000
parallel:
  tp: 16
schedule:
  max_running_requests: 32
serving:
  reasoning_parser: deepseek-r1
modal:
  app: spanning
  auth: both
  weights:
    volume: r1-weights
    path: /model-cache
  kernel_cache:
    volume: r1-kernels
    path: /dg-cache
  api_key_secret: r1-api-key
"""

SPANNING = released(SPANNING_PROFILE)


def full(endpoint: str = "web_server") -> Release:
    """Give a release that says whatever there is to say of Modal and of the image."""
    return released(text(endpoint))
