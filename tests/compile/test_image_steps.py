"""Each kind of image step becomes the layer that it says, with all that it says of it."""

from __future__ import annotations

import hashlib

from deployer.compile.release import compile_profile
from deployer.profile.load import load_profile
from deployer.release import ImageStep
from tests.opened import PATCH, text


def test_each_kind_of_step_is_a_layer_of_its_kind() -> None:
    profile = load_profile(text(), "opened.yaml").profile
    assert profile is not None
    mine = f"mine @ git+https://example.com/mine@{'c' * 40}"
    indexes = ("https://pypi.example.com/simple", "https://wheels.example.com/simple")
    folder = "/sgl-workspace/sglang"
    own = hashlib.sha256(PATCH.encode()).hexdigest()
    assert compile_profile(profile).engine.image_steps == (
        ImageStep("apt", ("patch", "git=1:2.39.5-0")),
        ImageStep("pip", ("flash-linear-attention==0.3.1", mine), indexes, ("index",)),
        ImageStep("env", ("OMP_NUM_THREADS=4",)),
        ImageStep("run", ("echo one", "echo two"), secrets=("further",)),
        ImageStep("patch", (folder, "1", "https://example.com/fix.patch"), sha256="d" * 64),
        ImageStep("patch", (folder, "1", ""), sha256=own, text=PATCH),
    )
