"""Releases, kernels and compilations for the tests of this room."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from deployer.event import Event
from deployer.release import Argument, Engine, Hardware, Release, Variable
from deployer.serve.kernels.compile import compile_kernels
from deployer.serve.kernels.marker import Marker
from tests.serve.living import KEY, VARIABLE, make_release

FAKE = Path(__file__).with_name("fake_compile.py")
HUB_TOKEN = "hf_canaryCanaryCanaryCanary"
BLOCKWISE = {"quant_method": "fp8", "weight_block_size": [128, 128]}


def on_gpu(gpu: str = "B200", *more: Argument, model: str = "/models/fake") -> Release:
    release = make_release()
    arguments = (*release.arguments, Argument("--tp-size", ("8",), "hardware.count"), *more)
    return replace(
        release,
        engine=Engine("sglang", "0.5.10.post1", "lmsysorg/sglang:v0.5.10.post1", ("python3",)),
        model=replace(release.model, repo="zai-org/GLM", revision="main", path=model),
        hardware=Hardware(gpu, 8),
        arguments=arguments,
    )


def with_variable(release: Release, name: str, value: str) -> Release:
    return replace(
        release,
        environment=(*release.environment, Variable(name, value, f"engine.env.{name}")),
    )


def put_kernel(root: Path, name: str, code: str = "// code", cubin: bytes = b"\x7fELF") -> None:
    folder = root / "cache" / name
    folder.mkdir(parents=True)
    (folder / "kernel.cu").write_text(code)
    (folder / "kernel.cubin").write_bytes(cubin)


def put_committed(root: Path, name: str, cubin: bytes = b"\x7fELF") -> None:
    """Put a kernel in the layout of SGLang 0.5.20 and later."""
    put_kernel(root, name, cubin=cubin)
    (root / "cache" / name / "meta.json").write_text("{}")
    (root / "cache" / name / ".committed").touch()


def put_model(folder: Path, quantization: object) -> str:
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps({"quantization_config": quantization}))
    return str(folder)


@dataclass
class Kitchen:
    """A volume, and the compilations of a release on it."""

    root: Path
    word: str
    release: Release = field(default_factory=on_gpu)
    events: list[Event] = field(default_factory=list)
    commits: list[tuple[int, int]] = field(default_factory=list)
    """How many kernels and how many markers were on the volume at each commit."""

    @property
    def cache(self) -> Path:
        return self.root / "volume"

    @property
    def output(self) -> str:
        return (self.root / "output").read_text()

    def commit(self) -> None:
        self.commits.append((len(self.kernels()), len(self.markers())))

    def kernels(self) -> list[Path]:
        return sorted((self.cache / "cache").glob("*"))

    def markers(self) -> list[Path]:
        return sorted((self.cache / ".deployer" / "kernels").glob("*"))

    def compile(self, *flags: str, **options: Any) -> Marker:
        with (self.root / "output").open("ab", buffering=0) as stream:
            return compile_kernels(
                self.release,
                cache=self.cache,
                commit=self.commit,
                tell=options.pop("tell", self.events.append),
                environ={
                    **os.environ,
                    "MARKER": self.word,
                    VARIABLE: KEY,
                    "HF_TOKEN": HUB_TOKEN,
                    "COPY": HUB_TOKEN,
                },
                command=(sys.executable, "-S", str(FAKE), *flags),
                stream=stream,
                **options,
            )

    def told(self) -> str:
        return "\n".join(event.to_json() for event in self.events)
