"""`deployer import FILE` for each kind of file that people have: what is found in it, and asked."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from deployer.adopt.adopt import Adopted, NoLaunchError
from deployer.adopt.file import from_file
from deployer.adopt.kind import FileKind, kind_of
from deployer.adopt.note import Kind
from deployer.adopt.wishes import Wishes
from deployer.check.run import load_checked
from deployer.cli.main import main

STARTS = Path(__file__).parents[1] / "data" / "starts"
SH = "python3 -m sglang.launch_server --model-path Qwen/Qwen3-32B --tp 2 --host 0.0.0.0"

FILES = {
    "Dockerfile": FileKind.DOCKERFILE,
    "shell.Dockerfile": FileKind.DOCKERFILE,
    "compose.yaml": FileKind.COMPOSE,
    "deployment.yaml": FileKind.KUBERNETES,
    "runtime.yaml": FileKind.KUBERNETES,
    "task.sky.yaml": FileKind.SKYPILOT,
    "serve.dstack.yml": FileKind.DSTACK,
    "config.yaml": FileKind.TRUSS,
    "job.slurm": FileKind.SHELL,
    "start.py.txt": FileKind.PYTHON,
}


def adopt(name: str, text: str, **wishes: object) -> Adopted:
    return from_file(name, text, Wishes(**wishes), lambda _: None)  # type: ignore[arg-type]


def asked(adopted: Adopted) -> set[str]:
    return {note.path for note in adopted.notes if note.kind is Kind.TODO}


def errors(adopted: Adopted) -> list[str]:
    found = load_checked(adopted.profile, "imported.yaml")[1]
    return [one.path for one in found if one.severity == "error"]


@pytest.mark.parametrize("name", FILES)
def test_a_file_is_known_and_read(name: str) -> None:
    text = (STARTS / name).read_text(encoding="utf-8")
    adopted = adopt(name, text, gpu="H100")
    profile = yaml.safe_load(adopted.profile)

    assert kind_of(name, text) is FILES[name]
    assert adopted.complete, adopted.notes
    assert profile["model"]["repo"] == "Qwen/Qwen3-32B"
    assert profile["parallel"]["tp"] == 2
    assert profile["hardware"] == {"gpu": "H100", "count": 2}
    assert errors(adopted) == []
    if "v0.5.16" in text or "0.5.16" in text:
        assert profile["engine"]["version"] == "0.5.16"


def test_a_profile_and_what_becomes_one_are_told_apart(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in FILES:
        given = tmp_path / name
        given.write_text((STARTS / name).read_text(encoding="utf-8"), encoding="utf-8")
        for verb in ("check", "plan --offline"):
            assert main([*verb.split(), str(given)]) == 1
            assert f"`deployer import {given}` makes a profile" in capsys.readouterr().err
    (tmp_path / "sglang.yaml").write_text("model-path: a/b\ntp: 2\n", encoding="utf-8")
    assert main(["check", str(tmp_path / "sglang.yaml")]) == 1
    assert "reads like a config file of SGLang" in capsys.readouterr().err

    profile = Path("profiles/cpu-tiny.yaml").read_text(encoding="utf-8")
    broken = profile.replace("hardware:", "hardwear:").replace("model:", "services: {}\nmodel:")
    for text in (broken, "", "name: x\n", "a: [\n", "plain words\n"):
        (tmp_path / "mine.yaml").write_text(text, encoding="utf-8")
        assert main(["check", str(tmp_path / "mine.yaml")]) == 1
        assert "deployer import" not in capsys.readouterr().err
    with pytest.raises(NoLaunchError, match="it is a profile of deployer already"):
        adopt("mine.yaml", profile)


@pytest.mark.parametrize(
    "name", ["deployment.yaml", "task.sky.yaml", "serve.dstack.yml", "job.slurm"]
)
def test_the_gpu_that_a_file_names_is_taken(name: str) -> None:
    adopted = adopt(name, (STARTS / name).read_text(encoding="utf-8"))

    assert asked(adopted) == set()
    assert "  gpu: H100\n" in adopted.profile


def test_what_no_file_says_is_asked_and_never_written() -> None:
    adopted = adopt("x.sh", "python3 -m sglang.launch_server --model-path $MODEL --tp $TP $MORE\n")
    profile = yaml.safe_load(adopted.profile)

    assert asked(adopted) == {
        "engine.args", "hardware.count", "hardware.gpu", "model.repo", "model.served_name",
        "parallel.tp",
    }  # fmt: skip
    assert "parallel" not in profile
    assert "model" not in profile
    assert "hardware" not in profile
    assert "unknown" not in adopted.profile
    assert set(errors(adopted)) <= {"hardware", "model", "hardware.gpu", "model.repo"}


def test_answers_finish_what_only_the_author_knew() -> None:
    text = "python3 -m sglang.launch_server --model-path /models/q --tp $TP\n"
    adopted = adopt(
        "x.sh", text, gpu="H100", variables=(("TP", "4"),), answers=(("model.repo", "a/q"),)
    )

    assert adopted.complete
    assert errors(adopted) == []
    assert "  tp: 4\n" in adopted.profile
    assert "  repo: a/q\n" in adopted.profile


def test_a_leader_and_its_workers_are_one_server_of_several_machines() -> None:
    container = (
        "containers: [{image: 'lmsysorg/sglang:v0.5.16', command: [python3, -m, "
        "sglang.launch_server, --model-path, a/b, --tp, '16', --nnodes, $(LWS_GROUP_SIZE), "
        "--node-rank, $(LWS_WORKER_INDEX), --dist-init-addr, '$(LWS_LEADER_ADDRESS):20000']}]"
    )
    adopted = adopt(
        "lws.yaml",
        "apiVersion: leaderworkerset.x-k8s.io/v1\nkind: LeaderWorkerSet\nspec:\n"
        f"  leaderWorkerTemplate:\n    size: 2\n    leaderTemplate: {{spec: {{{container}}}}}\n"
        f"    workerTemplate: {{spec: {{{container}}}}}\n",
        gpu="H100",
    )

    assert asked(adopted) == {"hardware.count", "parallel.tp"}
    assert not any("another server" in note.text for note in adopted.notes)
    assert "nnodes" not in yaml.safe_load(adopted.profile)["engine"].get("args", {})


POD = (
    "containers: [{image: 'lmsysorg/sglang:v0.5.16', command: [python3, -m, sglang.launch_server, "
    "--model-path, Qwen/Qwen3-32B, --tp, 2, --host, 0.0.0.0]}]"
)
KSERVE = "apiVersion: serving.kserve.io/v1beta1\nkind: InferenceService\nspec: {predictor: "
GROUP = "apiVersion: leaderworkerset.x-k8s.io/v1\nkind: LeaderWorkerSet\nspec:\n"
SERVICE = f"services:\n  llm:\n    image: lmsysorg/sglang:v0.5.16\n    command: {SH}\n    "
POLICY = "service: {replica_policy: {min_replicas: 1, max_replicas: 3}}"
SCALED: dict[str, tuple[str, int | tuple[int, int]]] = {
    "deployment.yaml": (
        (
            "apiVersion: apps/v1\nkind: Deployment\nspec: {replicas: 3, template: "
            f"{{spec: {{{POD}}}}}}}\n"
        ),
        3,
    ),
    "lws.yaml": (
        (
            f"{GROUP}  replicas: 2\n  leaderWorkerTemplate: "
            f"{{size: 1, workerTemplate: {{spec: {{{POD}}}}}}}\n"
        ),
        2,
    ),
    "least.yaml": (f"{KSERVE}{{minReplicas: 1, {POD}}}}}\n", 1),
    "most.yaml": (f"{KSERVE}{{minReplicas: 0, maxReplicas: 4, {POD}}}}}\n", (0, 4)),
    "compose.yaml": (f"{SERVICE}scale: 2\n", 2),
    "deploy.yaml": (f"{SERVICE}deploy: {{replicas: 2}}\n", 2),
    "sky.yaml": (f"service: {{replicas: 2}}\nrun: {SH}\n", 2),
    "policy.yaml": (f"{POLICY}\nrun: {SH}\n", (1, 3)),
    "serve.dstack.yml": (f"type: service\ncommands: ['{SH}']\nreplicas: 0..4\n", (0, 4)),
    "fixed.dstack.yml": (f"type: service\ncommands: ['{SH}']\nreplicas: 2\n", 2),
    "unscaled.dstack.yml": (f"type: service\ncommands: ['{SH}']\nreplicas: many\n", 0),
}


@pytest.mark.parametrize("name", SCALED)
def test_copies_of_a_server_are_bounds_or_are_said(name: str) -> None:
    text, copies = SCALED[name]
    adopted = adopt(name, text, gpu="H100", count=2)
    modal = yaml.safe_load(adopted.profile)["modal"]
    said = [note.text for note in adopted.notes if "up all the time" in note.text]

    if isinstance(copies, tuple):
        assert (modal["min_containers"], modal["max_containers"]) == copies
        assert said == []
    else:
        assert "min_containers" not in modal
        assert "max_containers" not in modal
        assert [f"({copies}) are not taken over" in one for one in said] == [True] * bool(copies)
    assert errors(adopted) == []
    assert not adopt(name, text, gpu="H100", count=2, target="local").profile.count("containers")


def test_a_keyless_public_endpoint_is_not_made_of_a_bare_command() -> None:
    adopted = adopt("x.sh", SH, gpu="H100")

    assert "  api_key_env: API_KEY\n" in adopted.profile
    assert "  api_key_secret: qwen3-32b-api-key\n" in adopted.profile
    assert any("asks nobody for a key" in note.text for note in adopted.notes)


@pytest.mark.parametrize(
    ("repo", "gpu", "keeps"),
    [("zai-org/GLM-5.1-FP8", "H200", True), ("Qwen/Qwen3-8B", "H100", False)],
)
def test_kernels_are_kept_for_models_that_take_them(repo: str, gpu: str, *, keeps: bool) -> None:
    text = f"python3 -m sglang.launch_server --model-path {repo} --tp 8 --trust-remote-code"
    adopted = adopt("x.sh", text, gpu=gpu)

    assert ("kernel_cache:" in adopted.profile) is keeps


def test_vllm_is_translated_and_what_has_no_counterpart_is_said() -> None:
    text = (
        "vllm serve Qwen/Qwen3-8B -tp 2 --max-model-len 8192 --gpu-memory-utilization=0.9 "
        "--enable-auto-tool-choice --tool-call-parser llama3_json --swap_space 4 --made-up 3\n"
    )
    adopted = adopt("x.sh", text, gpu="H100")
    profile = yaml.safe_load(adopted.profile)

    assert profile["model"]["context_length"] == 8192
    assert profile["serving"]["port"] == 8000
    assert profile["serving"]["tool_call_parser"] == "llama3"
    assert "mem_fraction_static" not in adopted.profile
    left = [note.text for note in adopted.notes if note.kind is Kind.LEFT_OUT]
    assert left == ["vLLM's `--made-up 3`: no counterpart in SGLang is known"]


def test_vllms_speculation_is_a_chain_of_so_many_tokens() -> None:
    config = '{"method": "eagle3", "num_speculative_tokens": 3, "model": "a/draft"}'
    adopted = adopt("x.sh", f"vllm serve a/b --speculative-config '{config}'\n", gpu="H100")

    assert yaml.safe_load(adopted.profile)["speculative"] == {
        "algorithm": "EAGLE3", "num_steps": 3, "eagle_topk": 1, "num_draft_tokens": 4,
        "draft_model": "a/draft",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("x.yaml", "a: b: c\n", "it is no YAML in line 1"),
        ("x.yaml", "image: {{ .Values.image }}\n{{- if x }}\n", "it is a template"),
        ("x.py", "def (:\n", "Python does not read it"),
        ("x.py", "print('hello')\n", "in this Python script"),
        ("Dockerfile", "FROM alpine\n", "in this Dockerfile"),
        ("x.yaml", "services: {a: {image: redis}}\n", "in this compose file"),
    ],
)
def test_a_file_without_a_launch_says_what_it_is(name: str, text: str, message: str) -> None:
    with pytest.raises(NoLaunchError, match=message):
        adopt(name, text)


def test_a_script_that_a_dockerfile_copies_is_followed(tmp_path: Path) -> None:
    (tmp_path / "start.sh").write_text(f'#!/bin/sh\n{SH} "$@"\n', encoding="utf-8")
    text = 'FROM lmsysorg/sglang:v0.5.16\nCOPY start.sh /\nENTRYPOINT ["/start.sh"]\n'
    text += 'CMD ["--port", "7"]\n'

    def beside(path: str) -> str | None:
        place = tmp_path / path
        return place.read_text(encoding="utf-8") if place.is_file() else None

    adopted = from_file("Dockerfile", text, Wishes(gpu="H100"), beside)

    assert adopted.complete, adopted.notes
    assert "  port: 7\n" in adopted.profile
