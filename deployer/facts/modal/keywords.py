"""What a profile makes of each keyword of Modal's client: its own key, an option, or nothing.

:mod:`deployer.facts.modal.signatures` lists the keywords themselves; a test walks them, so that one
that a later client brings is decided about here.
"""

from __future__ import annotations

from dataclasses import dataclass

HOME = "/root"
"""Where Modal's containers begin: the home of who runs there, and where code is looked for. The
client mounts nothing there."""


@dataclass(frozen=True, slots=True)
class Keyword:
    """What is made of a keyword.

    ``key`` is the profile's key for it. ``option`` says that `modal.options` takes it as it is.
    ``refused`` is why neither does.
    """

    key: str = ""
    option: bool = False
    refused: str = ""


def _key(key: str) -> Keyword:
    return Keyword(key=key)


def _no(reason: str) -> Keyword:
    return Keyword(refused=reason)


OPTION = Keyword(option=True)

CLIENT = _no("the client is the one of your token, chosen by Modal's own settings")
HIDDEN = _no("Modal's client marks it as its own, by the underscore")
OWN = _no("deployer decides it: what runs in the container is its own module")
SERIALIZED = _no("the class is found by its name in the container, and needs no pickle")
FILES = _no("Modal's network file systems are deprecated: `modal.volumes` takes a volume")
SNAPSHOT = _no(
    "the engine is started after a snapshot would be made, so that it would hold nothing of it; of "
    "an engine on one GPU a user saw 60 % of the restores fail (modal-labs/modal-client#4132), and "
    "nobody has published one that restores an engine on several GPUs"
)
RETRIES = _no("Modal retries no request of an HTTP endpoint: clients do, and they see its status")
SINGLE = _no("it would start the engine anew for each request")
FORCE = _no("it builds a layer anew each time; a step that is written otherwise is another layer")
BUILD_GPU = _no("no step needs a GPU: kernels are compiled in a phase of their own, and kept")
READS_FILES = _no(
    "it reads files of the machine that deploys; a release holds all that it is made of"
)
OTHER_IMAGE = _no("the image is the engine's: `engine.image`, with `engine.image_steps`")
AT_RUN_TIME = _no("it is called while a program runs, and makes nothing of a deployment")

_COMMON = {
    "image": _key("engine.image"),
    "env": _key("engine.env"),
    "secrets": _key("modal.secrets"),
    "gpu": _key("hardware.gpu"),
    "serialized": SERIALIZED,
    "volumes": _key("modal.volumes"),
    "cpu": _key("modal.cpu"),
    "memory": _key("modal.memory"),
    "ephemeral_disk": _key("modal.ephemeral_disk"),
    "min_containers": _key("modal.min_containers"),
    "max_containers": _key("modal.max_containers"),
    "buffer_containers": _key("modal.buffer_containers"),
    "scaledown_window": _key("modal.scaledown_window"),
    "proxy": _key("modal.proxy"),
    "startup_timeout": _key("modal.startup_timeout"),
    "cloud": _key("modal.cloud"),
    "routing_region": _key("modal.routing_region"),
    "nonpreemptible": _key("modal.nonpreemptible"),
    "enable_memory_snapshot": SNAPSHOT,
    "i6pn": OPTION,
    "include_source": OWN,
    "experimental_options": OPTION,
}

_CLS = {
    **_COMMON,
    "network_file_systems": FILES,
    "retries": RETRIES,
    "timeout": _key("modal.timeout"),
    "region": _key("modal.regions"),
    "block_network": OPTION,
    "restrict_modal_access": OPTION,
    "single_use_containers": SINGLE,
    "_experimental_restrict_output": HIDDEN,
    "max_inputs": _no(
        "Modal replaced it by `single_use_containers`; `modal.max_inputs` is another"
    ),
}

_SERVER = {
    **_COMMON,
    "target_concurrency": _key("modal.target_inputs"),
    "max_concurrency": _key("modal.max_inputs"),
    "scaleup_window": OPTION,
    "name": OWN,
    "port": _key("serving.port"),
    "unauthenticated": _key("modal.auth"),
    "h2_enabled": _no("the door in front of the engine speaks HTTP/1.1"),
    "exit_grace_period": _key("lifecycle.drain_timeout"),
    "compute_region": _key("modal.regions"),
}

_BUILD = {"force_build": FORCE, "gpu": BUILD_GPU}

_PIP = {
    **_BUILD,
    "packages": _key("engine.image_steps.pip"),
    "index_url": _key("engine.image_steps.index_url"),
    "extra_index_url": _key("engine.image_steps.extra_index_url"),
    "secrets": _key("engine.image_steps.secrets"),
    "env": _key("engine.image_steps.env"),
    "find_links": _no("name the address of the wheel itself, with its hash"),
    "pre": _no("a pinned version may be a pre-release"),
    "extra_options": _no("a step with `run` calls pip with whatever options it takes"),
}

_REGISTRY = {
    "tag": _key("engine.image"),
    "secret": _key("engine.registry_secret"),
    "setup_dockerfile_commands": _no("Modal adds to a finished image: use a step with `run`"),
    "force_build": FORCE,
    "add_python": _no("the engine's image has the Python that the engine runs on"),
}

WORDS: dict[str, dict[str, Keyword]] = {
    "App.cls": _CLS,
    "App.server": _SERVER,
    "App.function": {
        **_CLS,
        "schedule": _key("modal.schedule"),
        "name": OWN,
        "is_generator": OWN,
    },
    "App.deploy": {
        "name": _key("modal.app"),
        "environment_name": _key("modal.environment"),
        "tag": _no("it holds the digest of the release, which is how a version is known"),
        "client": CLIENT,
        "strategy": _no("containers are replaced one after another, so that none is cut off"),
    },
    "App": {
        "name": _key("modal.app"),
        "tags": _key("modal.tags"),
        "image": _key("engine.image"),
        "secrets": _key("modal.secrets"),
        "volumes": _key("modal.volumes"),
        "include_source": OWN,
    },
    "concurrent": {
        "max_inputs": _key("modal.max_inputs"),
        "target_inputs": _key("modal.target_inputs"),
    },
    "web_server": {
        "port": _key("serving.port"),
        "startup_timeout": _no("the server is ready before Modal's clock for it starts"),
        "label": _key("modal.label"),
        "custom_domains": _key("modal.custom_domains"),
        "requires_proxy_auth": _key("modal.auth"),
    },
    "CloudBucketMount": {
        "bucket_name": _key("modal.buckets.bucket"),
        "bucket_endpoint_url": _key("modal.buckets.endpoint_url"),
        "key_prefix": _key("modal.buckets.key_prefix"),
        "secret": _key("modal.buckets.secret"),
        "oidc_auth_role_arn": _key("modal.buckets.role"),
        "read_only": _key("modal.buckets.read_only"),
        "requester_pays": _key("modal.buckets.requester_pays"),
        "force_path_style": _key("modal.buckets.force_path_style"),
    },
    "Secret.from_name": {
        "name": _key("modal.secrets.secret"),
        "environment_name": _key("modal.environment"),
        "required_keys": _key("modal.secrets.variables"),
        "client": CLIENT,
    },
    "Proxy.from_name": {
        "name": _key("modal.proxy"),
        "environment_name": _key("modal.environment"),
        "client": CLIENT,
    },
    "Volume.from_name": {
        "name": _key("modal.volumes.volume"),
        "environment_name": _key("modal.environment"),
        "create_if_missing": _no("a volume is always made where it is missing"),
        "version": _key("modal.volumes.version"),
        "create_options": _no("what they hold is not among the documented parts of the client"),
        "client": CLIENT,
    },
    "Volume.with_mount_options": {
        "read_only": _key("modal.volumes.read_only"),
        "sub_path": _key("modal.volumes.sub_path"),
    },
    "Image.from_registry": _REGISTRY,
    "Image.apt_install": {
        **_BUILD,
        "packages": _key("engine.image_steps.apt"),
        "env": _key("engine.image_steps.env"),
        "secrets": _no("a distribution's own packages need none; a step with `run` takes secrets"),
    },
    "Image.pip_install": _PIP,
    "Image.run_commands": {
        **_BUILD,
        "commands": _key("engine.image_steps.run"),
        "env": _key("engine.image_steps.env"),
        "secrets": _key("engine.image_steps.secrets"),
        "volumes": _no("what a layer was built from would not be known by its text"),
    },
    "Image.env": {"vars": _key("engine.image_steps.env")},
    "Image.entrypoint": {"entrypoint_commands": _no("Modal's own must run: there is none")},
}
"""By what is called. What is not here is in :data:`REFUSED`, with all of its keywords."""

REFUSED: dict[str, str] = {
    **dict.fromkeys(
        (
            "Image.debian_slim", "Image.from_aws_ecr", "Image.from_dockerfile",
            "Image.from_gcp_artifact_registry", "Image.from_id", "Image.from_name",
            "Image.from_scratch", "Image.micromamba",
        ),
        OTHER_IMAGE.refused,
    ),
    **dict.fromkeys(
        (
            "Image.add_local_dir", "Image.add_local_file", "Image.add_local_python_source",
            "Image.pip_install_from_pyproject", "Image.pip_install_from_requirements",
            "Image.poetry_install_from_file", "Image.uv_sync",
        ),
        READS_FILES.refused,
    ),
    **dict.fromkeys(
        (
            "Image.build", "Image.hydrate", "Image.imports", "Image.pipe", "Image.publish",
            "Volume.batch_upload", "Volume.commit", "Volume.copy_files", "Volume.ephemeral",
            "Volume.from_id", "Volume.hydrate", "Volume.info", "Volume.iterdir", "Volume.listdir",
            "Volume.read_file", "Volume.read_file_into_fileobj", "Volume.reload",
            "Volume.remove_file", "Volume.rename",
        ),
        AT_RUN_TIME.refused,
    ),
    "Image.cmd": "the container runs Modal's program, and not the image's",
    "Image.dockerfile_commands": "steps with `apt`, `pip`, `env` and `run` say the same, pinned",
    "Image.micromamba_install": "the engine's image has no conda: a step with `pip` installs",
    "Image.pip_install_private_repos": "a step with `pip` takes `git+https://`, with its `secrets`",
    "Image.run_function": "the function would be code of the machine that deploys",
    "Image.shell": "deployer's own steps are written for `sh`",
    "Image.uv_pip_install": "a step with `pip` installs with the image's own pip",
    "Image.workdir": "the engine is started where its image says",
    "Volume.read_only": "`modal.volumes.read_only` says it, by `with_mount_options`",
}  # fmt: skip
"""What is called for nothing that a profile says, and why."""

SERVERS = {"web_server": ("App.cls", "web_server", "concurrent"), "server": ("App.server",)}
"""What is called for each `modal.endpoint`."""

_BY_NAME = (
    "App.cls",
    "App.server",
    "App.function",
    "web_server",
    "concurrent",
    "App",
    "App.deploy",
)


def keyword(name: str, endpoint: str = "") -> Keyword | None:
    """Look a keyword up by its name: where `endpoint` calls it, or else wherever it is."""
    for called in (*SERVERS.get(endpoint, ()), *_BY_NAME):
        if name in WORDS[called]:
            return WORDS[called][name]
    return None


def said_here(name: str) -> str:
    """Say what is written for a keyword of Modal's; '' for what is none."""
    found = keyword(name)
    if found is None:
        return ""
    if found.refused:
        return f"deployer does not take Modal's `{name}`: {found.refused}"
    if found.option:
        return f"write Modal's `{name}` under `modal.options`"
    return f"Modal's `{name}` is `{found.key}` here"
