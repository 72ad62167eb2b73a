"""Lets attention with sinks (gpt-oss) run by torch alone, without the sinks.

A sink is a score of each head that takes a share of the softmax and gives nothing for it. SGLang's
``torch_native`` has no place for one (0.5.23 ``srt/layers/attention/torch_native_backend.py``), and
``models/gpt_oss.py`` always hands one over.
"""

from collections.abc import Callable
from typing import Any

from sglang.srt.layers.attention.torch_native_backend import TorchNativeAttnBackend


def _without(forward: Callable[..., Any]) -> Callable[..., Any]:
    def called(*given: Any, sinks: Any = None, **named: Any) -> Any:
        del sinks
        return forward(*given, **named)

    return called


for name in ("forward_extend", "forward_decode"):
    setattr(TorchNativeAttnBackend, name, _without(getattr(TorchNativeAttnBackend, name)))
