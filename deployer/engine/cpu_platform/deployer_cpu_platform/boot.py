"""What SGLang needs on a machine without CUDA, before all else: import hooks, forked processes.

The ``.pth`` file imports this module at interpreter start. A platform plugin alone would come too
late: SGLang's scheduler and detokenizer are spawned interpreters which import ``sglang.srt`` (and
with it triton and torchvision) before they look for plugins.
"""

import importlib.util
import sys
from importlib.machinery import ModuleSpec

from deployer_cpu_platform import enabled, forking, triton_standin

_NMS = "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor"


def install() -> None:
    """Put all of it up, once, and only where the environment asks for the CPU platform."""
    if enabled() and not any(isinstance(finder, TorchvisionHook) for finder in sys.meta_path):
        sys.meta_path.insert(0, TorchvisionHook())
        # Behind the ordinary finders: a real triton, where one is installed, wins.
        sys.meta_path.append(triton_standin.Finder())
        forking.install()


class TorchvisionHook:
    """Declares two operators just before torchvision is imported for the first time.

    PyPI's torchvision is built against CUDA, so its C++ library does not load beside a CPU torch,
    and its ``_meta_registrations.py`` then fails on operators that nobody declared. transformers
    and ``sglang/srt/multimodal/internvl_utils.py`` import it, though nothing here looks at images.
    """

    _done = False

    def find_spec(self, name: str, path: object = None, target: object = None) -> ModuleSpec | None:
        """Declare the operators when it is torchvision's turn; never find anything itself."""
        del path, target
        if name == "torchvision" and not self._done:
            self._done = True
            _declare_operators()
        return None


def _declare_operators() -> None:
    if importlib.util.find_spec("torch") is None:
        return
    import torch  # here, because torch takes seconds and few processes want torchvision

    for operator in ("nms", "qnms"):
        if not hasattr(torch.ops.torchvision, operator):
            torch.library.define(f"torchvision::{operator}", _NMS)


install()
