"""A variable puts a cache into a volume or bucket that the server may only read.

Why it hurts: the server mounts weights and compiled code read-only, so that one writer alone fills
them, and further volumes and buckets unless they say otherwise. Inductor, Triton, FlashInfer and
the hub then cannot write their caches: the start ends with "Read-only file system", or compiles
everything again each time. What engines compile is kept without any such variable
(`modal.jit_caches`).

Instead of ``-`` write ``+``::

      engine:
        env:
    -     TRITON_CACHE_DIR: /k/triton
    +     TRITON_CACHE_DIR: /tmp/triton
      modal:
        kernel_cache:
          volume: k
          path: /k

Source: ``deployer/apply/modal/app.py``, the mounts of the server; Modal guide, volumes:
`with_mount_options(read_only=True)`.
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.check.rule import Problem, Rule
from deployer.compile.case import Case
from deployer.finding import Severity
from deployer.late import compile_pattern

CACHE = compile_pattern(r"CACHE|WORKSPACE_BASE$|^(HF_HOME|XDG_\w+_HOME|HOME|TMPDIR|TRITON_HOME)$")
"""Names of variables that say where a program writes."""

OURS = "SGLANG_DG_CACHE_DIR"
"""What deployer itself sets to the volume, which a phase of its own fills."""


def find(case: Case) -> Iterator[Problem]:
    """Look for variables, the image's own too, whose folder is one that a server only reads."""
    modal = case.profile.modal
    if modal is None or case.profile.target != "modal":
        return
    mounts = {modal.weights.path: "modal.weights"}
    if modal.kernel_cache is not None:
        mounts[modal.kernel_cache.path] = "modal.kernel_cache"
    mounts |= {
        one.path: f"modal.{key}"
        for key, several in (("volumes", modal.volumes), ("buckets", modal.buckets))
        for one in several
        if one.read_only
    }
    engine = case.profile.engine
    stated: dict[str, tuple[tuple[str | int, ...], str]] = {
        name: (("engine", "image_steps", number, "env", name), value)
        for number, step in enumerate(engine.image_steps)
        for name, value in (step.env or {}).items()
    }
    stated |= {name: (("engine", "env", name), value) for name, value in engine.env.items()}
    for name, (path, value) in stated.items():
        at = next((one for one in mounts if f"{value}/".startswith(f"{one}/")), None)
        if at is not None and name != OURS and CACHE.search(name):
            yield Problem(
                path,
                f"`{name}` is in {at}, which is of `{mounts[at]}`, and which the server may only "
                "read",
                "write a folder of the container, such as one below /tmp, or leave it out",
            )


RULE = Rule(
    "cache-on-read-only-volume",
    Severity.ERROR,
    find,
    link="https://modal.com/docs/guide/volumes",
)
