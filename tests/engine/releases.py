"""Small releases to ask the engine about."""

from __future__ import annotations

from deployer.engine.resolve import Value
from deployer.release import (
    Argument,
    Engine,
    Hardware,
    Lifecycle,
    Listen,
    ModelSource,
    Release,
    Variable,
)

GLM = ModelSource(
    source="huggingface",
    repo="zai-org/GLM-5.1-FP8",
    revision="main",
    path="/model-cache/GLM-5.1-FP8",
    served_name="glm-5.1",
)


def release(
    *arguments: Argument,
    gpu: str = "B200",
    count: int = 8,
    version: str = "0.5.23",
    model: ModelSource = GLM,
) -> Release:
    """Make a release of GLM-5.1 with the model's path and these arguments."""
    path = Argument("--model-path", (model.path,), "model.repo")
    return Release(
        name="example",
        target="modal",
        model=model,
        engine=Engine("sglang", version, "", ("python3", "-m", "sglang.launch_server")),
        hardware=Hardware(gpu, count),
        listen=Listen("0.0.0.0", 8000, "API_KEY"),  # noqa: S104 - never listened on
        arguments=(path, *arguments),
        environment=(Variable("SGLANG_ENABLE_SPEC_V2", "1", "engine.env"),),
        lifecycle=Lifecycle(1, 1, 1, 1, 1),
        warmup=(),
    )


def unsaid(field: str, flag: str, default: object, resolved: object, rule: str = "") -> Value:
    """Make the value of a field that no argument is about."""
    return Value(field, flag, default, given=False, stated=default, resolved=resolved, rule=rule)


def given(field: str, flag: str, default: object, stated: object, resolved: object) -> Value:
    """Make the value of a field that an argument gave."""
    return Value(field, flag, default, given=True, stated=stated, resolved=resolved, rule="")
