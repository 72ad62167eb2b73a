"""Makes SGLang believe in GPUs that are not there: what torch, NVML and nvidia-smi would say.

Only for the argument logic. Nothing here could compute, and a resolution that tries to fails.
"""

# ruff: noqa: ANN401  # the engine's own objects, whose types are not installed here

import importlib
import sys
from importlib.machinery import ModuleSpec
from types import ModuleType, SimpleNamespace
from typing import Any, NoReturn

PRETENDED_PACKAGES = ("flashinfer",)
"""Packages of the release's CUDA image that decide arguments by being there, and are not here."""

PRETENDED_CUDA = "13.0"
"""What ``torch.version.cuda`` says. The rules ask for 12.3, 12.8 or 12.9 and more."""


def pretended() -> list[str]:
    """Name what else is pretended, beside the GPUs."""
    return [f"CUDA {PRETENDED_CUDA}", *PRETENDED_PACKAGES]


def pretend(gpu: dict[str, Any], count: int) -> None:
    """Look like ``count`` GPUs of a kind: its ``name``, ``memory`` in MiB, and ``capability``."""
    common: Any = importlib.import_module("sglang.srt.utils.common")
    _torch(gpu, count)
    _probes(common, gpu)
    _modules()
    sys.meta_path.append(_Present())


def _torch(gpu: dict[str, Any], count: int) -> None:
    torch: Any = importlib.import_module("torch")
    major, minor = gpu["capability"]
    size = gpu["memory"] * 1024 * 1024
    properties = SimpleNamespace(
        name=gpu["name"], total_memory=size, major=major, minor=minor, is_integrated=False
    )
    answers = {
        "is_available": True,
        "device_count": count,
        "current_device": 0,
        "get_device_capability": (major, minor),
        "get_device_name": gpu["name"],
        "get_device_properties": properties,
        "mem_get_info": (size, size),
    }
    for name, answer in answers.items():
        setattr(torch.cuda, name, lambda *_args, _answer=answer, **_options: _answer)
    torch.version.cuda = PRETENDED_CUDA


def _probes(common: Any, gpu: dict[str, Any]) -> None:
    """Forget what was asked of the CPU, and answer for the two that ask past torch."""
    for probe in list(vars(common).values()):
        if callable(forget := getattr(probe, "cache_clear", None)):
            forget()
    major, minor = gpu["capability"]
    common.get_nvgpu_memory_capacity = lambda: float(gpu["memory"])  # it runs nvidia-smi
    common._get_device_sm_via_nvml = lambda *_args: major * 10 + minor  # noqa: SLF001


def _modules() -> None:
    """Mend what SGLang's modules noted at import: the platform (0.5.11 and later), and no CUDA."""
    here, there = _platforms()
    loaded: list[Any] = [m for name, m in sys.modules.items() if name.split(".")[0] == "sglang"]
    for module in loaded:
        for name in [name for name, value in vars(module).items() if value is here]:
            setattr(module, name, there)
        if hasattr(module, "_is_cuda"):  # quantization methods choose their Marlin kernels by it
            module._is_cuda = True  # noqa: SLF001
    _quantizations()


def _quantizations() -> None:
    """List MXFP4 among the methods, as ``layers/quantization/__init__.py`` does where CUDA is."""
    name = "sglang.srt.layers.quantization"
    methods: Any = sys.modules.get(name)
    own: Any = sys.modules.get(f"{name}.mxfp4")
    for table in ("BASE_QUANTIZATION_METHODS", "QUANTIZATION_METHODS"):
        if hasattr(methods, table) and hasattr(own, "Mxfp4Config"):
            getattr(methods, table).setdefault("mxfp4", own.Mxfp4Config)


def _platforms() -> tuple[object, object]:
    """Give the platform that was found at import, and SGLang's CUDA platform in its place."""
    try:
        platforms: Any = importlib.import_module("sglang.srt.platforms")
        here, there = platforms.current_platform, platforms.CudaSRTPlatform()
    except (ImportError, AttributeError):
        return object(), None
    platforms._current_platform = there  # noqa: SLF001 - where SGLang keeps it
    return here, there


class _Present:
    """Finds the pretended packages for those who only ask whether they are there."""

    def find_spec(self, name: str, path: object = None, target: object = None) -> ModuleSpec | None:
        """Give a spec that cannot be loaded."""
        del path, target
        return ModuleSpec(name, self) if name in PRETENDED_PACKAGES else None  # type: ignore[arg-type]

    def create_module(self, spec: ModuleSpec) -> NoReturn:
        """Refuse: it is only pretended."""
        msg = f"{spec.name} is only pretended to be installed"
        raise ImportError(msg)

    def exec_module(self, module: ModuleType) -> None:
        """Have nothing to run."""
