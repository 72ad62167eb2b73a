"""What the parts of a profile lead to that are no engine flags, as data with reasons.

How Modal deploys: a deployed app's running containers are outdated after the next deploy and are
replaced one after another (modal 1.6.4, ``modal app rollover --help``). The compiled release is
part of what is deployed, so that holds for each change of it.
"""

from __future__ import annotations

from deployer.plan.effects import Effect

Rules = tuple[tuple[Effect, str], ...]

NEW_NAME: Rules = (
    (Effect.MONEY, "what runs under the old name goes on, and costs, until it is destroyed"),
    (Effect.CLIENTS, "the address is another one"),
)
KERNEL_CACHE: Rules = (
    (Effect.CONTAINERS, "kernels that are not there yet are compiled when a server starts"),
)
DOWNLOAD: Rules = (
    (Effect.NOTHING, "it concerns the container that downloads the weights, not the server"),
)

VERSION = "Modal's client refuses a volume that is there with another version"

PARAMETERS: dict[str, Rules] = {
    "name": NEW_NAME,
    "target": (
        (Effect.MONEY, "what runs in the old place goes on, and costs, until it is destroyed"),
        (Effect.CLIENTS, "the address is another one"),
    ),
    "model.source": ((Effect.ACCURACY, "the weights come from elsewhere"),),
    "model.repo": (
        (Effect.ACCURACY, "another model answers"),
        (Effect.CLIENTS, "another model answers"),
        (Effect.CAPACITY, "another model leaves another room, and has another cache"),
    ),
    "model.revision": (
        (Effect.ACCURACY, "other weights, tokenizer or templates can answer otherwise"),
    ),
    "model.commit": (
        (Effect.ACCURACY, "other weights, tokenizer or templates can answer otherwise"),
    ),
    "speculative.draft_model": ((Effect.CAPACITY, "the draft has weights and a cache of its own"),),
    "lora.adapters": (
        (Effect.ACCURACY, "another adapter answers those who ask for it by its name"),
        (Effect.CLIENTS, "clients ask for it by its name"),
    ),
    "engine.name": ((Effect.CONTAINERS, "the engine is started by another command"),),
    "engine.version": (
        (Effect.ACCURACY, "kernels and defaults differ between releases"),
        (Effect.CLIENTS, "answers are parsed by another release"),
        (Effect.CAPACITY, "releases reckon memory otherwise (0.5.10 leaves the draft layer out)"),
    ),
    "engine.image": ((Effect.ACCURACY, "the image brings the engine's libraries and kernels"),),
    "hardware.gpu": (
        (Effect.ACCURACY, "the engine takes other kernels, and other defaults, on another GPU"),
        (Effect.CAPACITY, "another GPU has another memory"),
    ),
    "hardware.count": ((Effect.CAPACITY, "the model is divided over another number of GPUs"),),
    "lifecycle.startup_timeout": (
        (Effect.CONTAINERS, "it bounds how long a start may take, and is read at the start"),
    ),
    "lifecycle.health_interval": ((Effect.CONTAINERS, "it is read at the start"),),
    "lifecycle.health_timeout": ((Effect.CONTAINERS, "it is read at the start"),),
    "lifecycle.warmup": (
        (Effect.CONTAINERS, "other requests are answered before a server is called ready"),
    ),
    "lifecycle.warmup_timeout": ((Effect.CONTAINERS, "it is read at the start"),),
    "lifecycle.drain_timeout": (
        (Effect.CLIENTS, "requests in flight get that long when a server ends"),
    ),
    "lifecycle.hang_timeout": (
        (Effect.CLIENTS, "an engine without progress is ended after it, with what is in flight"),
    ),
    "lifecycle.start_budget": ((Effect.CONTAINERS, "a start that takes longer is called out"),),
    "lifecycle.stage_budgets": (
        (Effect.CONTAINERS, "a stage of a start that takes longer is called out"),
    ),
    "lifecycle.restarts": ((Effect.CONTAINERS, "a local engine is started again that often"),),
    "serving.host": (
        (Effect.SECURITY, "it decides which machines reach the server"),
        (Effect.CLIENTS, "the address is another one"),
    ),
    "serving.port": ((Effect.CLIENTS, "the address is another one"),),
    "serving.routes": (
        (Effect.SECURITY, "clients reach routes of the engine that its door keeps from them else"),
        (Effect.CLIENTS, "clients may ask something else"),
    ),
    "serving.cors_origins": (
        (Effect.SECURITY, "scripts of these pages may use the server from a browser"),
    ),
    "serving.body_limit": ((Effect.CLIENTS, "requests beyond it are refused"),),
    "modal.app": NEW_NAME,
    "modal.environment": NEW_NAME,
    "modal.endpoint": (
        (
            Effect.CLIENTS,
            "`web_server` queues requests while it starts; `server` answers 503 until it is ready",
        ),
    ),
    "modal.auth": (
        (Effect.SECURITY, "it decides who is let in, and whose request starts a container"),
        (Effect.CLIENTS, "clients send the proxy token of Modal, the server's key, or both"),
    ),
    "modal.weights.volume": ((Effect.CONTAINERS, "another volume is mounted"),),
    "modal.weights.environment": ((Effect.CONTAINERS, "another environment's volume is mounted"),),
    "modal.weights.path": ((Effect.CONTAINERS, "the volume is mounted elsewhere"),),
    "modal.kernel_cache.volume": KERNEL_CACHE,
    "modal.kernel_cache.path": ((Effect.CONTAINERS, "the volume is mounted elsewhere"),),
    "modal.kernels.weights": (
        (
            Effect.MONEY,
            "with `dummy` no weights are read before kernels are compiled, on GPUs that wait",
        ),
    ),
    "modal.kernels.walk": (
        (
            Effect.CONTAINERS,
            "a start walks over all kernels (27 s for two on one H200), or loads each when used",
        ),
    ),
    "modal.jit_caches": (
        (
            Effect.CONTAINERS,
            "what an engine compiles at its start is kept for the next one, or not",
        ),
    ),
    "modal.api_key_secret": (
        (Effect.SECURITY, "the secret holds the key that opens the endpoint"),
        (Effect.CLIENTS, "clients need the key that it holds"),
    ),
    "modal.packages": ((Effect.SECURITY, "what a package holds runs in the engine's containers"),),
    "modal.hub_secret": ((Effect.SECURITY, "the secret holds the token for the hub"),),
    "modal.max_inputs": (
        (Effect.MONEY, "beyond it another container starts"),
        (Effect.CLIENTS, "requests beyond it wait for another container"),
    ),
    "modal.target_inputs": ((Effect.MONEY, "from it on another container starts"),),
    "modal.timeout": ((Effect.CLIENTS, "a request that takes longer is ended"),),
    "modal.startup_timeout": (
        (Effect.CONTAINERS, "Modal gives up a container that takes longer to start"),
    ),
    "modal.regions": (
        (Effect.MONEY, "choosing regions costs more; Modal's own pages disagree on the factor"),
        (Effect.CLIENTS, "the way to the server is longer or shorter"),
    ),
    "modal.weights.version": ((Effect.CONTAINERS, VERSION),),
    "modal.kernel_cache.version": ((Effect.CONTAINERS, VERSION),),
    "modal.routing_region": (
        (Effect.CLIENTS, "requests take another way; it holds from an app's first deployment on"),
    ),
    "modal.cloud": ((Effect.CLIENTS, "the way to the server is longer or shorter"),),
    "modal.cpu_limit": ((Effect.CONTAINERS, "beyond it the container is slowed down"),),
    "modal.memory_limit": ((Effect.CONTAINERS, "beyond it the container is ended"),),
    "modal.ephemeral_disk": ((Effect.MONEY, "a twentieth of it is billed as memory"),),
    "modal.schedule": (
        (
            Effect.CLIENTS,
            "within its hours nobody waits for a start; outside of them, who comes first",
        ),
    ),
    "modal.buffer_containers": ((Effect.MONEY, "each that stands by costs its GPUs"),),
    "modal.nonpreemptible": ((Effect.MONEY, "CPU and memory cost three times as much"),),
    "modal.proxy": ((Effect.SECURITY, "what leaves the container goes through another machine"),),
    "modal.label": NEW_NAME[1:],
    "modal.custom_domains": ((Effect.CLIENTS, "it answers at other addresses"),),
    "modal.tags": ((Effect.NOTHING, "the app's tags say something else"),),
    "modal.secrets": ((Effect.SECURITY, "all variables of the secret are in the container"),),
    "modal.volumes": ((Effect.SECURITY, "the container sees what is on it, and may write there"),),
    "modal.buckets": ((Effect.SECURITY, "the container sees what is in it, and may write there"),),
    "modal.options": ((Effect.CONTAINERS, "Modal's client is told something else"),),
    "engine.registry_secret": ((Effect.SECURITY, "it opens the registry of the image"),),
    "engine.image_steps": (
        (Effect.SECURITY, "what is built into the image runs in the engine's containers"),
        (Effect.ACCURACY, "other libraries and kernels may compute otherwise"),
    ),
    "modal.download.client": DOWNLOAD,
    "modal.download.containers": DOWNLOAD,
    "modal.download.cpu": DOWNLOAD,
    "modal.download.memory": DOWNLOAD,
    "modal.download.connections": DOWNLOAD,
    "modal.download.timeout": DOWNLOAD,
}
"""By what the change is about; money that has a figure is in :mod:`deployer.plan.money`."""

VARIABLES: tuple[tuple[str, Rules], ...] = (
    (
        r"(SGLANG|SGLANG_DG|TRITON|TORCHINDUCTOR|TILELANG)_CACHE_DIR|DG_JIT_CACHE_DIR",
        KERNEL_CACHE,
    ),
    (
        r".*(JIT|DEEPGEMM|NVRTC|_DG_).*",
        ((Effect.CONTAINERS, "it decides how and when kernels are compiled"),),
    ),
    (
        r"SGLANG_ENABLE_SPEC_V2",
        ((Effect.CAPACITY, "overlapped speculation reserves twice the draft's tokens"),),
    ),
    (
        r"SGLANG_ENABLE_HEALTH_ENDPOINT_GENERATION|SGLANG_HEALTH_CHECK_TIMEOUT",
        ((Effect.CLIENTS, "it decides what `/health` does"),),
    ),
    (
        r"HF_.*|HUGGING_FACE_.*|MODELSCOPE.*",
        ((Effect.CONTAINERS, "it decides where files are from"),),
    ),
    (r".*(KEY|TOKEN|SECRET|PASSWORD)", ((Effect.SECURITY, "its name is that of a secret"),)),
    (
        r"NCCL_.*|CUDA_.*|PYTORCH_CUDA_ALLOC_CONF",
        ((Effect.CAPACITY, "it can take or free GPU memory outside the pool"),),
    ),
)
"""Patterns of whole names of environment variables; the first that matches counts."""
