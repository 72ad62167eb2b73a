"""A Modal script as people write it: what it tells, and what it does not."""

from __future__ import annotations

import pytest
import yaml

from deployer.adopt.file import from_file
from deployer.adopt.note import Kind
from deployer.adopt.wishes import Wishes

RECIPE = """
import os, subprocess, modal
MODEL_REPO = "zai-org/GLM-5.1-FP8"
MODEL_PATH = f"/model-cache/{MODEL_REPO.split('/')[1]}"
GPU_TYPE, GPU_COUNT = "B200", 8
MINUTES = 60
app = modal.App("glm51")
volume = modal.Volume.from_name("glm51-model-weights", create_if_missing=True)
VOLUME_MOUNTS = {"/model-cache": volume}
image = (
    modal.Image.from_registry("lmsysorg/sglang:v0.5.10.post1-cu130")
    .entrypoint([])
    .env({"SGLANG_ENABLE_SPEC_V2": "1"})
)

def _command(api_key: str = "") -> list[str]:
    cmd = [
        "python3", "-m", "sglang.launch_server",
        "--model-path", MODEL_PATH,
        "--served-model-name", "glm-5.1",
        "--tp", str(GPU_COUNT),
        "--host", "0.0.0.0", "--port", "8000", "--trust-remote-code",
    ]
    if api_key:
        cmd.extend(["--api-key", api_key])
    return cmd

@app.function(volumes=VOLUME_MOUNTS, cpu=4, timeout=7200)
def download_model():
    from huggingface_hub import snapshot_download
    snapshot_download(MODEL_REPO, local_dir=MODEL_PATH, max_workers=8)

@app.cls(
    image=image, gpu=f"{GPU_TYPE}:{GPU_COUNT}", volumes=VOLUME_MOUNTS,
    secrets=[modal.Secret.from_name("glm51-api-key")],
    timeout=24 * 60 * MINUTES, min_containers=0, max_containers=3, scaledown_window=15 * MINUTES,
)
@modal.concurrent(max_inputs=20)
class Server:
    @modal.enter()
    def setup(self):
        volume.reload()

    @modal.web_server(port=8000, startup_timeout=15 * MINUTES)
    def serve(self):
        self.process = subprocess.Popen(
            _command(os.environ.get("API_KEY", "")), env={**os.environ, "HF_HUB_OFFLINE": "1"}
        )
"""


def imported(text: str, **wishes: object) -> tuple[dict[str, object], set[str]]:
    adopted = from_file("deploy.py", text, Wishes(**wishes), lambda _: None)  # type: ignore[arg-type]
    asked = {note.path for note in adopted.notes if note.kind is Kind.TODO}
    left = [note.text for note in adopted.notes if note.kind is Kind.LEFT_OUT]
    assert left == []
    return yaml.safe_load(adopted.profile), asked


def test_the_known_recipe_comes_over_whole() -> None:
    profile, asked = imported(RECIPE)

    assert asked == set()
    assert profile["model"] == {
        "repo": "zai-org/GLM-5.1-FP8", "path": "/model-cache/GLM-5.1-FP8",
        "served_name": "glm-5.1", "trust_remote_code": True,
    }  # fmt: skip
    assert profile["hardware"] == {"gpu": "B200", "count": 8}
    assert profile["engine"] == {
        "version": "0.5.10.post1", "image": "lmsysorg/sglang:v0.5.10.post1-cu130",
        "env": {"SGLANG_ENABLE_SPEC_V2": "1"},
    }  # fmt: skip
    assert profile["serving"]["api_key_env"] == "API_KEY"  # type: ignore[index]
    assert profile["modal"] == {
        "app": "glm51",
        "weights": {"volume": "glm51-model-weights", "path": "/model-cache"},
        "kernel_cache": {"volume": "glm-5-1-kernels", "path": "/dg-cache"},
        "api_key_secret": "glm51-api-key", "endpoint": "web_server", "timeout": 86400,
        "min_containers": 0, "max_containers": 3, "scaledown_window": 900, "max_inputs": 20,
    }  # fmt: skip
    assert profile["lifecycle"] == {"startup_timeout": 900}


@pytest.mark.parametrize(
    ("old", "new", "section", "key", "value"),
    [
        ('gpu=f"{GPU_TYPE}:{GPU_COUNT}"', "gpu=modal.gpu.H100(count=8)", "hardware", "gpu", "H100"),
        ('gpu=f"{GPU_TYPE}:{GPU_COUNT}"', 'gpu="H200:8"', "hardware", "gpu", "H200"),
        ("max_containers=3", "concurrency_limit=5", "modal", "max_containers", 5),
        ("scaledown_window=15 * MINUTES", "container_idle_timeout=60", "modal",
         "scaledown_window", 60),
        ("@modal.web_server(", "@modal.experimental.http_server(", "modal", "endpoint", "server"),
        ("startup_timeout=15 * MINUTES)", "startup_timeout=60, requires_proxy_auth=True)", "modal",
         "auth", "both"),
        ("timeout=24 * 60 * MINUTES", "memory=(1024, 65536)", "modal", "memory_limit", 65536),
        ("timeout=24 * 60 * MINUTES", "cpu=(4, 8.5)", "modal", "cpu_limit", 8.5),
        ('"--port", "8000"', '*["--port", "8001"]', "serving", "port", 8001),
        ("_command(os.environ", '" ".join(_command(os.environ', "model", "served_name", "glm-5.1"),
    ],
)  # fmt: skip
def test_its_forms_are_read_alike(
    old: str, new: str, section: str, key: str, value: object
) -> None:
    text = RECIPE.replace(old, new)
    if "join" in new:
        text = text.replace('get("API_KEY", ""))', 'get("API_KEY", ""))), shell=True')
        text = text.replace('shell=True, env={**os.environ, "HF_HUB_OFFLINE": "1"}', "shell=True")
    assert text != RECIPE

    assert imported(text)[0][section][key] == value  # type: ignore[index]


def test_what_only_running_tells_is_asked() -> None:
    text = RECIPE.replace("str(GPU_COUNT)", 'os.environ["TP"]').replace(
        "    if api_key:",
        '    if os.path.exists("/x"):\n        cmd += ["--disable-radix-cache"]\n    if api_key:',
    )
    profile, asked = imported(text)

    assert asked == {"parallel.tp", "engine.args"}
    assert "parallel" not in profile
    assert imported(text, variables=(("TP", "4"),))[0]["parallel"] == {"tp": 4}


@pytest.mark.parametrize(
    "given",
    [
        "str(len(range(300)))",
        "str(len(range(10**10)))",
        "str(modal.Dict.from_name('x'))",
        "'{:>9999999999}'.format(8)",
        "'{:>{}}'.format(8, 10**10)",
        "'8'.zfill(10**10)",
        "f'{8:>9999999999}'",
        "'%9999999999d' % 8",
        "'%*d' % (10**10, 8)",
        "('8' * 200).replace('8', '8' * 200).replace('8', '8' * 200)",
    ],
)
def test_what_is_too_long_to_follow_is_asked_and_never_made(given: str) -> None:
    profile, asked = imported(RECIPE.replace("str(GPU_COUNT)", given))

    assert asked == {"parallel.tp"}
    assert "parallel" not in profile


def test_an_engine_within_python_is_its_flags() -> None:
    text = """
import modal
from vllm.engine.arg_utils import AsyncEngineArgs
app = modal.App("x")
@app.function(gpu="H100:2")
@modal.asgi_app()
def serve():
    args = AsyncEngineArgs(model="a/b", tensor_parallel_size=2, enforce_eager=False)
"""
    profile, asked = imported(text)

    assert asked == set()
    assert profile["model"]["repo"] == "a/b"  # type: ignore[index]
    assert profile["parallel"] == {"tp": 2}


KEYLESS = """
import modal, subprocess
app = modal.App("x")
@app.function(gpu="H100", secrets=[modal.Secret.from_name("huggingface-secret")], max_containers=0,
              schedule=modal.Period(days=1))
@modal.web_server(8000)
def serve():
    subprocess.Popen("python3 -m sglang.launch_server --model-path a/b --port 8000", shell=True)
"""


def test_a_secret_is_not_the_keys_because_it_is_the_only_one() -> None:
    adopted = from_file("deploy.py", KEYLESS, Wishes(), lambda _: None)
    said = [note.text for note in adopted.notes if note.kind is Kind.MOVED]

    assert yaml.safe_load(adopted.profile)["modal"]["api_key_secret"] == "b-api-key"
    assert any("huggingface-secret is not taken for the API key's" in text for text in said), said


def test_which_secret_holds_a_key_of_the_command_is_asked() -> None:
    text = KEYLESS.replace("--port", "--api-key $KEY --port").replace("max_containers=0,", "")
    adopted = from_file("deploy.py", text, Wishes(), lambda _: None)

    assert "modal.api_key_secret" in {note.path for note in adopted.notes}
    assert "api_key_secret" not in yaml.safe_load(adopted.profile)["modal"]


def test_where_modal_asks_for_its_token_alone_no_key_is_made_up() -> None:
    text = KEYLESS.replace("web_server(8000)", "web_server(8000, requires_proxy_auth=True)")
    adopted = from_file("deploy.py", text, Wishes(), lambda _: None)
    profile = yaml.safe_load(adopted.profile)

    assert profile["modal"]["auth"] == "proxy"
    assert "api_key_secret" not in profile["modal"]
    assert profile["serving"]["api_key_env"] is None
    assert not [note for note in adopted.notes if note.kind is Kind.REFUSED]


def test_a_value_that_does_not_fit_is_told_from_a_key_that_is_not_there() -> None:
    adopted = from_file("deploy.py", KEYLESS, Wishes(), lambda _: None)
    left = {note.text for note in adopted.notes if note.kind is Kind.LEFT_OUT}

    begin = "of the decorator is not in the profile:"
    assert left == {f"`max_containers` {begin} `modal.max_containers` does not take its value"}


def test_a_parameter_is_not_taken_for_the_key_of_its_name() -> None:
    adopted = from_file("deploy.py", KEYLESS, Wishes(), lambda _: None)

    (moved,) = [one.text for one in adopted.notes if one.text.startswith("`schedule`")]
    assert moved.startswith("`schedule` is not kept: nobody calls a server by the clock")
    assert "schedule" not in yaml.safe_load(adopted.profile)["modal"]


def test_nothing_of_it_is_run(tmp_path: object) -> None:
    text = f"import modal\nopen({str(tmp_path) + '/x'!r}, 'w').write('ran')\n{RECIPE}"
    imported(text)

    from pathlib import Path  # noqa: PLC0415

    assert list(Path(str(tmp_path)).iterdir()) == []
