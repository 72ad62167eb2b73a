"""A stand-in for triton, so that modules which merely *define* kernels can be imported.

SGLang imports triton without asking (``srt/utils/common.py``, line 91 in 0.5.23, and some 400
kernel files), and the real package takes 1 GB on disk for kernels that a CPU cannot run. Here
decorators hand back an object that refuses to run, with a sentence: nothing pretends to have
computed anything.
"""

import importlib
import sys
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any, NoReturn

_MARK = "deployer_cpu_platform.triton_standin"


class Kernel:
    """What ``@triton.jit`` makes of a function: it can be passed around, never launched."""

    def __init__(self, function: Any) -> None:
        """Keep the function for those who look at its name or source."""
        self.fn = function
        self.__name__ = getattr(function, "__name__", "kernel")
        self.__module__ = getattr(function, "__module__", __name__)
        self.__doc__ = getattr(function, "__doc__", None)

    def __getitem__(self, grid: object) -> NoReturn:
        """Refuse ``kernel[grid](...)``."""
        self._refuse()

    def __call__(self, *_args: object, **_options: object) -> NoReturn:
        """Refuse a call from within another kernel."""
        self._refuse()

    def _refuse(self) -> NoReturn:
        message = (
            f"the triton kernel {self.__module__}.{self.__name__} was launched, but this is the "
            "CPU platform, where triton is a stand-in: the feature that launched it needs a GPU"
        )
        raise RuntimeError(message)


class Config:
    """``triton.Config``: autotuning choices, built in lists when kernel modules are imported."""

    def __init__(self, kwargs: dict[str, Any] | None = None, **options: Any) -> None:
        """Keep what was given; nothing ever tunes with it."""
        self.kwargs = kwargs or {}
        self.__dict__.update(options)


def cdiv(numerator: int, denominator: int) -> int:
    """Divide, rounding up; host code computes grid and buffer sizes with it."""
    return -(-numerator // denominator)


def next_power_of_2(number: int) -> int:
    """Give the smallest power of two that is not below ``number``."""
    return 1 << max(number - 1, 0).bit_length()


def jit(function: Any = None, **_options: Any) -> Any:
    """Stand for ``@triton.jit`` and ``@triton.jit(do_not_specialize=...)``."""
    return Kernel if function is None else Kernel(function)


def passes_through(*_args: Any, **_options: Any) -> Any:
    """Stand for ``@triton.autotune(...)`` and ``@triton.heuristics(...)``: change nothing."""
    return lambda kernel: kernel


_HOST_SIDE: dict[str, dict[str, Any]] = {
    "triton": {
        "Config": Config,
        "autotune": passes_through,
        "cdiv": cdiv,
        "heuristics": passes_through,
        "jit": jit,
        "next_power_of_2": next_power_of_2,
        "__version__": "0.0.0",
    },
    # torch/_inductor/runtime/triton_compat.py catches it, so it must be an exception.
    "triton.runtime.autotuner": {"OutOfResources": type("OutOfResources", (Exception,), {})},
    # srt/layers/attention/triton_ops and others mark compile-time helpers with it.
    "triton.runtime.jit": {"constexpr_function": lambda function: function},
}


# Reached as attributes after a bare `import triton`, as torch/_dynamo/utils.py does.
_SUBMODULES = ("backends", "compiler", "language", "runtime", "testing")


def make_up(name: str, module: str) -> type:
    """Make a type for a name that triton would define: an exception or an empty type."""
    if name.endswith("Error"):
        return type(name, (Exception,), {"__module__": module})
    return Empty(name, (Nothing,), {"__module__": module})


class Empty(type):
    """The type of made-up types. Their attributes are made up likewise.

    ``torch/_inductor/runtime/triton_compat.py`` inspects ``triton.language.core.view``.
    """

    def __getattr__(cls, name: str) -> Any:
        """Make up what stands below, the names of Python's own protocols left out."""
        if name.startswith("__"):
            raise AttributeError(name)
        made = make_up(name, f"{cls.__module__}.{cls.__name__}")
        setattr(cls, name, made)
        return made


class Nothing:
    """Base of the made-up types: built from anything, without behaviour."""

    def __init__(self, *_args: object, **_options: object) -> None:
        """Accept what module-level code passes, as in ``tl.constexpr(128)``."""


class StandIn(ModuleType):
    """A module of the triton family. Names beyond the host-side ones are empty types."""

    __path__: list[str]

    def __getattr__(self, name: str) -> Any:
        """Make up ``tl.constexpr``, ``tl.float32``, ``JITFunction``…: types without behaviour."""
        if name.startswith("__"):
            raise AttributeError(name)
        if self.__name__ == "triton" and name in _SUBMODULES:
            return importlib.import_module(f"triton.{name}")
        made = make_up(name, self.__name__)
        setattr(self, name, made)
        return made


class Finder:
    """Finds ``triton`` and everything below it. Stands last, so a real triton wins."""

    def find_spec(self, name: str, path: object = None, target: object = None) -> ModuleSpec | None:
        """Claim triton's own names; ``triton_kernels`` is another package and stays absent."""
        del path, target
        if name != "triton" and not name.startswith("triton."):
            return None
        parent = sys.modules.get(name.rpartition(".")[0])
        if parent is not None and not isinstance(parent, StandIn):
            return None
        return ModuleSpec(name, self, origin=_MARK, is_package=True)  # type: ignore[arg-type]

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        """Make the module with its host-side names."""
        module = StandIn(spec.name)
        module.__dict__.update(_HOST_SIDE.get(spec.name, {}))
        return module

    def exec_module(self, module: ModuleType) -> None:
        """Have nothing to run."""
