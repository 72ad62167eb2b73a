"""A profile: one YAML file that says what to serve, on what, and how."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field

from deployer.profile.names import BaseFile, EnvironmentName
from deployer.profile.section import Section
from deployer.profile.sections.engine import Engine
from deployer.profile.sections.hardware import Hardware
from deployer.profile.sections.kernels import Kernels
from deployer.profile.sections.lifecycle import Lifecycle
from deployer.profile.sections.loading import Loading
from deployer.profile.sections.lora import Lora
from deployer.profile.sections.memory import Memory
from deployer.profile.sections.modal import Modal
from deployer.profile.sections.model import Model
from deployer.profile.sections.moe import Moe
from deployer.profile.sections.objectives import Objectives
from deployer.profile.sections.observability import Observability
from deployer.profile.sections.parallel import Parallel
from deployer.profile.sections.schedule import Schedule
from deployer.profile.sections.serving import Serving
from deployer.profile.sections.speculative import Speculative


def _flat(overlay: dict[str, Any]) -> dict[str, Any]:
    for key in ("extends", "environments"):
        if key in overlay:
            msg = f"`{key}` stands at the top of a profile, and in no environment"
            raise ValueError(msg)
    return overlay


class Profile(Section):
    """What to serve, on what, and how."""

    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,47}$")]
    """The deployment's name, in lower case: the same name is the same deployment."""

    extends: BaseFile | None = None
    """Another file that is read first, by its path from this one (`base.yaml`): what stands here is
    laid over it. Mappings join, a list or a single value replaces, `null` takes away."""

    environments: dict[EnvironmentName, Annotated[dict[str, Any], AfterValidator(_flat)]] = Field(
        default_factory=dict
    )
    """What is otherwise in an environment, by its name: `--environment NAME` lays it over the rest.
    It is deployed into the Modal environment of that name, unless `modal.environment` says
    another."""

    target: Literal["modal", "local"] = "modal"
    """Where it runs: on Modal, or as processes on this machine."""

    model: Model
    """Which weights are served, and under which name."""

    loading: Loading = Loading()
    """How weights are read into the GPUs."""

    hardware: Hardware
    """What one replica runs on."""

    engine: Engine
    """Which engine, in which release."""

    parallel: Parallel = Parallel()
    """How the model is divided over the GPUs."""

    kernels: Kernels = Kernels()
    """Which kernels compute what."""

    moe: Moe = Moe()
    """How mixture-of-experts layers are computed."""

    speculative: Speculative | None = None
    """Speculative decoding; left out, there is none."""

    lora: Lora | None = None
    """LoRA adapters; left out, there are none."""

    memory: Memory = Memory()
    """What GPU memory is used for."""

    schedule: Schedule = Schedule()
    """How requests are admitted and batched."""

    serving: Serving = Serving()
    """The HTTP surface."""

    observability: Observability = Observability()
    """What can be seen of a running server."""

    modal: Modal | None = None
    """The Modal app; needed with `target: modal`."""

    lifecycle: Lifecycle = Lifecycle()
    """The budgets of a server's life."""

    objectives: Objectives | None = None
    """What the deployment is held to once it serves; left out, to its promises alone."""
