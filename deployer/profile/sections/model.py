"""Which weights are served, and under which name."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from deployer.profile.flag import Flag
from deployer.profile.names import FolderPath, Repository, Revision, ServedName
from deployer.profile.section import Section


class Model(Section):
    """What to serve: the weights, their revision, and the name that clients ask for."""

    source: Literal["huggingface", "builtin"] = "huggingface"
    """Where the weights come from: the Hugging Face hub, or `builtin`, a tiny model that comes
    along for trying the whole life without a download."""

    repo: Repository
    """The Hugging Face repository (`zai-org/GLM-5.1-FP8`), or `tiny` for the builtin model."""

    revision: Revision = "main"
    """The revision of the repository: best a commit; a branch or tag can move under you."""

    path: Annotated[FolderPath | None, Flag("--model-path", 0)] = None
    """The folder that the engine loads. By default the repository's name on the weights volume."""

    served_name: Annotated[ServedName, Flag("--served-model-name", 10)]
    """The name that clients put into `model` and that `/v1/models` lists."""

    trust_remote_code: Annotated[bool, Flag("--trust-remote-code", 60)] = False
    """Let the repository's own Python code run. GLM and other custom architectures need it."""

    dtype: Annotated[
        Literal["auto", "half", "float16", "bfloat16", "float", "float32"] | None,
        Flag("--dtype", 70),
    ] = None
    """The data type of weights and activations; `auto` follows the checkpoint."""

    quantization: Annotated[str | None, Flag("--quantization", 71)] = None
    """The quantization method. Leave it out: the checkpoint's own configuration names it."""

    load_format: Annotated[
        Literal[
            "auto", "safetensors", "pt", "dummy", "gguf", "bitsandbytes", "mistral", "layered",
            "sharded_state", "presharded", "fastsafetensors", "instanttensor", "runai_streamer",
            "remote", "remote_instance", "npcache", "flash_rl", "private", "expert_pack",
        ]
        | None,
        Flag("--load-format", 72),
    ] = None  # fmt: skip
    """How weights are read. `dummy` fills them with noise: a rehearsal without a download."""

    context_length: Annotated[int | None, Flag("--context-length", 73), Field(ge=1)] = None
    """The longest context in tokens, prompt and answer together; the model's own by default."""
