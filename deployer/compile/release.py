"""Profile to Release: pure, and the same to the byte for the same profile."""

from __future__ import annotations

from deployer.compile.arguments import arguments
from deployer.compile.derive import (
    beside,
    commit,
    derived_environment,
    derived_fields,
    key_variable,
    model_path,
    startup,
)
from deployer.compile.modal import modal_parameters
from deployer.compile.warmup import warmup_requests
from deployer.profile.model import Profile
from deployer.profile.sections.image import ImageStep as Step
from deployer.profile.sections.image import Patch
from deployer.release import (
    Argument,
    Engine,
    Hardware,
    ImageStep,
    Lifecycle,
    Listen,
    ModelSource,
    Release,
    StageBudget,
    Variable,
)

COMMAND = ("python3", "-m", "sglang.launch_server")
"""How every release of SGLang is started (0.5.23 suggests `sglang serve`, and takes both)."""


def compile_profile(profile: Profile, said: tuple[Argument, ...] | None = None) -> Release:
    """Compile a checked profile; ``said`` are its arguments where they are compiled already."""
    return Release(
        name=profile.name,
        target=profile.target,
        model=_model(profile),
        engine=_engine(profile),
        hardware=Hardware(gpu=profile.hardware.gpu, count=profile.hardware.count),
        listen=_listen(profile),
        arguments=arguments(profile, derived_fields(profile)) if said is None else said,
        environment=environment(profile),
        lifecycle=_lifecycle(profile),
        warmup=warmup_requests(profile),
        modal=modal_parameters(profile),
        beside=beside(profile),
    )


def _model(profile: Profile) -> ModelSource:
    model = profile.model
    return ModelSource(
        source=model.source,
        repo=model.repo,
        revision=model.revision,
        path=model_path(profile),
        served_name=model.served_name,
        commit=commit(profile),
    )


def _engine(profile: Profile) -> Engine:
    engine = profile.engine
    return Engine(
        name=engine.name,
        version=engine.version,
        image=engine.image or "",
        command=COMMAND,
        image_steps=tuple(map(_step, engine.image_steps)),
        registry_secret=engine.registry_secret or "",
    )


def _step(step: Step) -> ImageStep:
    secrets = step.secrets
    if step.patch is not None:
        return _patch(step.patch)
    if step.pip is not None:
        indexes = (step.index_url or "", step.extra_index_url or "")
        return ImageStep("pip", step.pip, indexes if any(indexes) else (), secrets)
    if step.env is not None:
        return ImageStep("env", tuple(f"{name}={value}" for name, value in step.env.items()))
    if step.apt is not None:
        return ImageStep("apt", step.apt)
    return ImageStep("run", step.run or (), secrets=secrets)


def _patch(patch: Patch) -> ImageStep:
    words = (patch.path, str(patch.strip), patch.url or "")
    if patch.text is None:
        return ImageStep("patch", words, sha256=patch.sha256 or "")
    from hashlib import sha256  # noqa: PLC0415 - slow to import, and seldom needed

    text = patch.text if patch.text.endswith("\n") else f"{patch.text}\n"
    return ImageStep("patch", words, sha256=sha256(text.encode()).hexdigest(), text=text)


def _listen(profile: Profile) -> Listen:
    serving = profile.serving
    return Listen(
        host=serving.host,
        port=serving.port,
        api_key_variable=key_variable(profile),
        routes=serving.routes,
        origins=serving.cors_origins,
        body_limit=serving.body_limit,
    )


def environment(profile: Profile) -> tuple[Variable, ...]:
    """Stated variables win over derived ones; a check reports where they contradict."""
    stated = {name: (value, f"engine.env.{name}") for name, value in profile.engine.env.items()}
    merged = {**derived_environment(profile), **stated}
    return tuple(
        Variable(name=name, value=value, source=source)
        for name, (value, source) in sorted(merged.items())
    )


def _lifecycle(profile: Profile) -> Lifecycle:
    life = profile.lifecycle
    return Lifecycle(
        startup=startup(profile),
        health_interval=life.health_interval,
        health_timeout=life.health_timeout,
        warmup=life.warmup_timeout,
        drain=life.drain_timeout,
        hang=life.hang_timeout,
        restarts=life.restarts,
        budget=life.start_budget,
        stage_budgets=tuple(StageBudget(*each) for each in sorted(life.stage_budgets.items())),
    )
