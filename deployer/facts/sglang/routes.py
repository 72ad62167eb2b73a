"""Which routes a release of SGLang serves, and which of them clients use.

Source: the decorators in ``srt/entrypoints/`` (``http_server.py``, ``v1_loads.py``,
``elastic_ep.py``) of the wheels 0.5.9 to 0.5.23, which ``tests/facts/test_routes.py`` reads again.
``/metrics`` is a mounted application, and FastAPI adds ``/docs``, ``/redoc`` and ``/openapi.json``.

A door lets through what :data:`CLIENTS` lists, ``/metrics`` where a profile turns it on, and what a
profile adds by name. Nothing else: with the engine's own key ``GET /server_info`` tells that key,
``/dump_expert_distribution_record`` ends the server (measured with 0.5.23), and whatever a later
release adds is nobody's until somebody has looked at it.
"""

from __future__ import annotations

from dataclasses import dataclass

from deployer.facts.sglang.versions import is_release, release_key

POST, GET = ("POST",), ("GET",)

METRICS = "/metrics"

DOOR = "/health"
"""What the door answers itself, for every release."""


@dataclass(frozen=True, slots=True)
class Served:
    """A route of the engine: its methods, and the releases that have it (``until`` is the last)."""

    path: str
    methods: tuple[str, ...]
    since: str = ""
    until: str = ""

    def in_release(self, version: str) -> bool:
        """Whether a release has it; a build that is no release has what all of them have."""
        if not is_release(version):
            return not (self.since or self.until)
        key = release_key(version)
        begun = not self.since or release_key(self.since) <= key
        return begun and (not self.until or key <= release_key(self.until))


CLIENTS = (
    Served("/v1/models", GET),
    Served("/v1/chat/completions", POST),
    Served("/v1/completions", POST),
    Served("/v1/responses", POST),
    Served("/v1/responses/{id}", GET),
    Served("/v1/responses/{id}/cancel", POST),
    Served("/v1/messages", POST),
    Served("/v1/messages/count_tokens", POST),
    Served("/v1/embeddings", POST),
    Served("/v1/rerank", POST),
    Served("/v1/score", POST),
    Served("/v1/classify", POST),
    Served("/v1/tokenize", POST),
    Served("/v1/detokenize", POST),
    Served("/v1/audio/transcriptions", POST, since="0.5.10"),
)
"""What clients of OpenAI's and Anthropic's interfaces ask. ``/v1/models/NAME`` is in a door's list
by the name that is served, and ``/v1/realtime`` is not there: a WebSocket is no stream of events.
``PUT`` is left out where the engine takes it beside ``POST``: no client sends it."""

OTHERS = (
    Served("/generate", POST),
    Served("/encode", POST),
    Served("/classify", POST),
    Served("/tokenize", POST),
    Served("/detokenize", POST),
    Served("/model_info", GET),
    Served("/get_model_info", GET),
    Served("/v1/loads", GET),
    Served("/v1/decisions", POST, since="0.5.21"),
    Served("/v1/systemone", POST, since="0.5.21"),
    Served("/parse_function_call", POST),
    Served("/separate_reasoning", POST),
    Served("/invocations", POST),
    Served("/vertex_generate", POST),
    Served("/api/chat", POST),
    Served("/api/generate", POST),
    Served("/api/tags", GET),
    Served("/api/show", POST),
    Served("/ping", GET),
    Served("/ready", GET, since="0.5.20"),
)
"""What a profile may add by name: it asks the model something, or tells about it."""

OPERATORS = (
    Served("/", ("GET", "HEAD")),
    Served("/health_generate", GET),
    Served("/v1/realtime", ("WEBSOCKET",), since="0.5.13"),
    Served("/v1/models/{model:path}", GET),
    Served("/server_info", GET),
    Served("/get_server_info", GET),
    Served("/get_load", GET, until="0.5.20"),
    Served("/weight_version", GET, until="0.5.20"),
    Served("/get_weight_version", GET, until="0.5.20"),
    Served("/flush_cache", ("GET", "POST")),
    Served("/abort_request", POST),
    Served("/pause_generation", POST),
    Served("/continue_generation", POST),
    Served("/open_session", ("GET", "POST")),
    Served("/close_session", ("GET", "POST")),
    Served("/configure_logging", ("GET", "POST")),
    Served("/set_internal_state", ("POST", "PUT")),
    Served("/slow_down", ("GET", "POST")),
    Served("/freeze_gc", ("GET", "POST")),
    Served("/set_trace_level", ("GET", "POST"), since="0.5.10"),
    Served("/start_profile", ("GET", "POST")),
    Served("/stop_profile", ("GET", "POST")),
    Served("/start_expert_distribution_record", ("GET", "POST")),
    Served("/stop_expert_distribution_record", ("GET", "POST")),
    Served("/dump_expert_distribution_record", ("GET", "POST")),
    Served("/dumper/{method}", POST),
    Served("/load_lora_adapter", POST),
    Served("/load_lora_adapter_from_tensors", POST),
    Served("/unload_lora_adapter", POST),
    Served("/add_external_corpus", POST, since="0.5.11"),
    Served("/remove_external_corpus", POST, since="0.5.11"),
    Served("/list_external_corpora", GET, since="0.5.11"),
    Served("/clear_hicache_storage_backend", ("GET", "POST"), until="0.5.20"),
    Served("/hicache/storage-backend", ("DELETE", "GET", "PUT")),
    Served("/hicache/storage-backend/clear", POST),
    Served("/get_hicache_l3_cache_layout", GET, since="0.5.23"),
    Served("/release_memory_occupation", ("GET", "POST")),
    Served("/resume_memory_occupation", ("GET", "POST")),
    Served("/weights_checker", POST),
    Served("/get_weights_by_name", ("GET", "POST")),
    Served("/update_weight_version", POST),
    Served("/update_weights_from_disk", POST),
    Served("/update_weights_from_distributed", POST),
    Served("/update_weights_from_ipc", POST),
    Served("/update_weights_from_tensor", POST),
    Served("/begin_weight_update", POST, since="0.5.21"),
    Served("/end_weight_update", POST, since="0.5.21"),
    Served("/init_weights_update_group", POST),
    Served("/destroy_weights_update_group", POST),
    Served("/init_weights_send_group_for_remote_instance", POST),
    Served("/send_weights_to_remote_instance", POST),
    Served("/remote_instance_transfer_engine_info", GET, since="0.5.10"),
    Served("/get_remote_instance_transfer_engine_info", GET),
    Served("/pd_role_switch", POST, since="0.5.21"),
    Served("/scale_elastic_ep", POST, since="0.5.16"),
    Served("/is_scaling_elastic_ep", GET, since="0.5.16"),
)
"""What changes, ends or lays open the server, or the door has a stricter form of: never a
client's. A profile cannot add it."""


def clients(version: str) -> tuple[Served, ...]:
    """Give what a door lets through for a release without being told."""
    return tuple(each for each in CLIENTS if each.in_release(version))


def addable(version: str) -> dict[str, Served]:
    """Give what a profile may add for a release, by path."""
    return {each.path: each for each in OTHERS if each.in_release(version)}


def operators() -> frozenset[str]:
    """Give what no profile can add, of any release."""
    return frozenset(each.path for each in OPERATORS)
