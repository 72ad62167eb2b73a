"""The platform class itself. Imported by SGLang, after torch and its own platform layer.

Written for SGLang 0.5.23. The interface moved between 0.5.21 and 0.5.22, hence the pinned lock.
"""

from sglang.srt.platforms.cpu import CpuDeviceMixin
from sglang.srt.platforms.device_mixin import PlatformEnum
from sglang.srt.platforms.interface import SRTPlatform


class CpuPlatform(CpuDeviceMixin, SRTPlatform):
    """A CPU without SGLang's own CPU kernels, which no package on PyPI contains.

    SGLang's device operations for the CPU are used as they are. Being out of tree (``OOT``) is what
    steers the layers to their plain torch code: ``srt/layers/rotary_embedding/base.py`` for one
    imports vLLM's kernels on every platform it does not know.
    """

    _enum = PlatformEnum.OOT

    def get_device(self, device_id: int = 0) -> str:
        """Name the device as text, as ``srt/utils/common.py:get_device`` expects it."""
        del device_id
        return "cpu"

    def get_default_attention_backend(self) -> str:
        """Choose attention by torch's scaled_dot_product_attention; the others want a GPU."""
        return "torch_native"

    def get_compile_backend(self, mode: str | None = None) -> str:
        """Compile nothing: inductor would need a C++ compiler and minutes."""
        del mode
        return "eager"

    def get_dispatch_key_name(self) -> str:
        """Send every multi-platform operator to its ``forward_native``."""
        return "native"
