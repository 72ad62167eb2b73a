"""Where launches stand in the files that people have, and what is not taken for a value of them."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
import yaml

from deployer.adopt.adopt import Adopted, NoLaunchError
from deployer.adopt.file import from_file
from deployer.adopt.note import Kind
from deployer.adopt.wishes import Wishes
from deployer.cli.main import main
from deployer.facts.modal.keywords import HOME

SH = "python3 -m sglang.launch_server --model-path Qwen/Qwen3-32B --tp 2"
VLLM = "vllm serve Qwen/Qwen3-32B"


def adopt(name: str, text: str) -> Adopted:
    return from_file(name, text, Wishes(gpu="H100"), lambda _: None)


def profile(adopted: Adopted) -> dict[str, dict[str, object]]:
    return yaml.safe_load(adopted.profile)  # type: ignore[no-any-return]


def said(adopted: Adopted, kind: Kind) -> dict[str, str]:
    return {note.path or note.text: note.text for note in adopted.notes if note.kind is kind}


@pytest.mark.parametrize(
    "text",
    [
        f"docker run --gpus all lmsysorg/sglang:v0.5.10rc0-cu126 {SH}\n",
        f"pip install sglang==0.5.10rc0\n{SH}\n",
    ],
)
def test_a_release_before_the_release_is_not_taken_for_it(text: str) -> None:
    adopted = adopt("start.sh", text)

    assert adopted.release == "0.5.23"
    assert profile(adopted)["engine"]["image"] == "lmsysorg/sglang:v0.5.23"
    assert any("0.5.9 to 0.5.23" in one for one in said(adopted, Kind.ASSUMED))


def test_what_a_file_sets_for_itself_is_seen_by_what_it_starts() -> None:
    adopted = adopt(
        "deploy.py",
        """\
import os, subprocess, modal
app = modal.App("x")
os.environ["CUDA_TOP"] = "1"
FLAGS = {"tp-size": 2, "dtype": "bfloat16"}
@app.function(gpu="H100:2")
def download():
    os.environ["CUDA_ELSEWHERE"] = "1"
@app.function(gpu="H100:2")
@modal.web_server(8000)
def serve():
    os.environ.update({"OMP_NUM_THREADS": "4"}, TORCH_ONE="1")
    os.environ.setdefault("CUDA_TOP", "2")
    if maybe():
        os.environ["CUDA_PERHAPS"] = "1"
    env = os.environ.copy()
    env["CUDA_LAUNCH_BLOCKING"] = "1"
    command = ["python3", "-m", "sglang.launch_server", "--model-path", "Qwen/Qwen3-32B"]
    command += [word for name, value in FLAGS.items() for word in (f"--{name}", str(value))]
    subprocess.Popen(command, env=env)
""",
    )
    made = profile(adopted)

    assert made["engine"]["env"] == {
        "CUDA_TOP": "1",
        "OMP_NUM_THREADS": "4",
        "TORCH_ONE": "1",
        "CUDA_LAUNCH_BLOCKING": "1",
    }
    assert set(said(adopted, Kind.TODO)) == {"engine.env.CUDA_PERHAPS"}
    assert (made["parallel"]["tp"], made["model"]["dtype"]) == (2, "bfloat16")


def test_what_deployer_sets_itself_is_not_asked() -> None:
    adopted = adopt("start.sh", f"export HF_HUB_CACHE=$HOME/hub CUDA_HOME=$HOME/cuda\n{SH}\n")

    assert set(said(adopted, Kind.TODO)) == {"engine.env.CUDA_HOME"}
    assert "deployer sets `HF_HUB_CACHE` itself" in said(adopted, Kind.MOVED)


CONFIG_MAP = f"""\
apiVersion: v1
kind: ConfigMap
metadata: {{name: scripts}}
data:
  start.sh: |
    {SH} --port $PORT
  note: vllm serve nothing/at-all
"""
POD = """\
---
apiVersion: v1
kind: Pod
spec:
  containers:
    - name: server
      image: lmsysorg/sglang:v0.5.20
      command: [bash, /scripts/start.sh]
      env: [{name: PORT, value: "8123"}]
"""


def test_a_script_in_a_config_map_is_read_where_a_container_runs_it() -> None:
    alone, run = adopt("k.yaml", CONFIG_MAP), adopt("k.yaml", CONFIG_MAP + POD)

    assert "serving.port" in said(alone, Kind.TODO)
    assert profile(run)["serving"]["port"] == 8123
    assert run.release == "0.5.20"


def test_what_is_filled_into_a_manifest_is_no_value() -> None:
    adopted = adopt("k.yaml", CONFIG_MAP.replace("Qwen/Qwen3-32B", "__MODEL__") + POD)
    given = adopt(
        "k.yaml",
        POD.replace("[bash, /scripts/start.sh]", "[vllm, serve, __MODEL__, -tp, __TP__]"),
    )

    assert set(said(given, Kind.TODO)) >= {"model.repo", "parallel.tp"}
    assert "__" not in given.profile
    assert "model.repo" in said(adopted, Kind.TODO)


def test_each_task_of_a_file_of_several_is_read() -> None:
    adopted = adopt(
        "group.sky.yaml",
        f"name: group\nrun: echo\n---\nresources:\n  accelerators: H200:2\nrun: |\n  {SH}\n",
    )

    assert profile(adopted)["parallel"]["tp"] == 2


COMPOSE = f"services:\n  server:\n    image: lmsysorg/sglang:v0.5.20\n    command: {SH}\n"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("docker-compose.yml", COMPOSE),
        ("run.sh", f"pip install sglang==0.5.20\n{SH}\n"),
    ],
)
@pytest.mark.parametrize("mark", ["EOF", "'EOF'", '"EOF"'])
def test_a_file_that_a_script_writes_is_read(name: str, text: str, mark: str) -> None:
    adopted = adopt("start.sh", f"set -e\ncat > {name} << {mark}\n{text}EOF\nstart {name}\n")

    assert adopted.release == "0.5.20"
    assert profile(adopted)["parallel"]["tp"] == 2
    assert f"the launch stands in {name}, which the script writes" in said(adopted, Kind.MOVED)


def test_what_a_shell_puts_into_a_file_is_put_into_it() -> None:
    text = COMPOSE.replace("--tp 2", "--tp $TP")
    known = f"TP=4\ncat > c.yml << EOF\n{text}EOF\n"

    assert profile(adopt("start.sh", known))["parallel"]["tp"] == 4
    for unknown in (known.replace("TP=4\n", ""), known.replace("TP=4", "TP=$(nproc)")):
        with pytest.raises(NoLaunchError):
            adopt("start.sh", unknown)
    quoted = adopt("start.sh", known.replace("EOF\n", "'EOF'\n", 1))  # compose fills it in
    assert "parallel.tp" in said(quoted, Kind.TODO)


def test_a_text_for_people_is_no_script() -> None:
    with pytest.raises(NoLaunchError):
        adopt("start.sh", f"cat > README.md << EOF\nTo start it:\n{SH}\nEOF\n")


def test_an_entry_point_lies_where_the_build_begins_but_in_the_same_tree(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "tree" / "deploy" / "docker"
    folder.mkdir(parents=True)
    (folder / "Dockerfile").write_text(
        'FROM lmsysorg/sglang:v0.5.20\nCOPY scripts/go.sh /go.sh\nENTRYPOINT ["/go.sh"]\n',
        encoding="utf-8",
    )
    for place in (tmp_path, tmp_path / "tree"):
        (place / "scripts").mkdir()
    (tmp_path / "scripts" / "go.sh").write_text(f"{SH}\n", encoding="utf-8")
    subprocess.run(["git", "init", "-q", str(tmp_path / "tree")], check=True)
    command = ["import", str(folder / "Dockerfile"), "--gpu", "H100"]

    assert main(command) == 1
    assert "no launch of SGLang or vLLM was found" in capsys.readouterr().err
    (tmp_path / "tree" / "scripts" / "go.sh").write_text(f"{SH}\n", encoding="utf-8")
    assert main(command) == 0
    assert "tp: 2" in capsys.readouterr().out


def test_one_of_several_names_is_asked() -> None:
    adopted = adopt("start.sh", f"{VLLM} --served-model-name qwen llm --port 1\n")
    further = adopt("start.sh", f'{VLLM} --served-model-name qwen "$@" --port 1\n')

    assert profile(adopted)["model"]["served_name"] == "qwen"
    assert "`llm`" in said(adopted, Kind.TODO)["model.served_name"]
    assert not said(further, Kind.TODO)


def test_words_that_may_be_flags_are_no_names() -> None:
    text = f"if probe; then MORE='--tp 4'; fi\n{VLLM} --served-model-name qwen $MORE\n"
    adopted = adopt("start.sh", text)

    assert "parallel.tp" in said(adopted, Kind.TODO)
    assert "model.served_name" not in said(adopted, Kind.TODO)


def test_a_switch_of_vllm_that_is_off_is_nothing_and_the_last_counts() -> None:
    on, off = (
        adopt("start.sh", f"{VLLM} {flags}\n")
        for flags in (
            "--no-enforce-eager --enforce-eager",
            "--enforce-eager --no-enforce-eager --no-trust-remote-code",
        )
    )

    assert profile(on)["kernels"] == {"cuda_graph": False}
    assert "kernels" not in profile(off)
    assert off.complete, off.notes


def test_a_server_of_vllm_over_several_machines_is_asked_for_its_size() -> None:
    ranks = "--data-parallel-size 4 --data-parallel-address 10.0.0.1 --data-parallel-rpc-port 5"
    one, several, perhaps = (
        adopt("start.sh", f"{VLLM} {ranks} {rest}\n")
        for rest in ("-dpl 4", "--data-parallel-size-local 2", "--headless")
    )

    assert profile(one)["parallel"]["dp"] == 4
    assert not said(one, Kind.TODO)
    assert set(said(several, Kind.TODO)) == {"hardware.count", "parallel.dp"}
    assert "engine.args.nnodes" in said(perhaps, Kind.TODO)


def test_a_server_on_no_gpu_is_asked_for_one() -> None:
    adopted = from_file("start.sh", f"{VLLM} --device cpu\n", Wishes(), lambda _: None)

    assert "`--device cpu`" in said(adopted, Kind.TODO)["hardware.gpu"]


def test_a_volume_of_downloads_or_of_vllms_kernels_is_not_kept() -> None:
    text = """\
import subprocess, modal
app = modal.App("x")
volume = modal.Volume.from_name
@app.function(
    gpu="H100",
    volumes={
        "HOME/.cache/huggingface/hub": volume("downloads"),
        "/hub": volume("hub-of-old"),
        "HOME/.cache/vllm": volume("kernels"),
        "/tmp": volume("papers"),
    },
    image=modal.Image.debian_slim().env({"HF_HOME": "/hub"}),
)
@modal.web_server(8000)
def serve():
    subprocess.Popen(["vllm", "serve", "Qwen/Qwen3-32B"])
"""
    adopted = adopt("deploy.py", text.replace("HOME/", f"{HOME}/"))
    lines = adopted.profile.splitlines()
    place = next(place for place, line in enumerate(lines) if "papers" in line)

    assert [one for one in ("downloads", "hub-of-old", "kernels") if one in adopted.profile] == []
    assert lines[place].startswith("  volumes: [")
    assert "# TODO: `check` refuses this" in lines[place - 1]


def test_a_script_that_a_script_runs_is_followed() -> None:
    files = {
        "bin/first.sh": "export PORT\nexec bash -c 'other.sh $0' \n./other.sh 4\n",
        "./other.sh": f"{SH} --port $PORT --dp $1\n",
    }
    text = "PORT=8123\nexport PORT\nnohup bash bin/first.sh > log &\n"
    adopted = from_file("start.sh", text, Wishes(gpu="H100"), files.get)
    again = {"start.sh": "bash start.sh\n"}

    assert profile(adopted)["serving"]["port"] == 8123
    assert profile(adopted)["parallel"]["dp"] == 4
    assert "the launch stands in bin/first.sh, which is run" in said(adopted, Kind.MOVED)
    with pytest.raises(NoLaunchError):
        from_file("start.sh", again["start.sh"], Wishes(), again.get)


@pytest.mark.parametrize(
    ("copy", "entry"),
    [
        ("COPY scripts/ /app/", '["/app/go.sh"]'),
        ("COPY . /app", "/app/go.sh"),
        ("COPY scripts/go.sh /start", '["bash", "/start"]'),
    ],
)
def test_a_dockerfile_names_a_script_as_it_was_copied(copy: str, entry: str) -> None:
    files = {"scripts/go.sh": f"#!/bin/sh\n{SH}\n", "./go.sh": f"#!/bin/sh\n{SH}\n"}
    text = f"FROM lmsysorg/sglang:v0.5.20\n{copy}\nENTRYPOINT {entry}\n"
    adopted = from_file("Dockerfile", text, Wishes(gpu="H100"), files.get)

    assert adopted.release == "0.5.20"
    assert profile(adopted)["parallel"]["tp"] == 2


def test_an_image_that_a_file_builds_is_not_taken() -> None:
    cuda = adopt("Dockerfile", f"FROM nvidia/cuda:12.8.0\nCMD {SH}\n")
    engine = adopt("Dockerfile", f"FROM lmsysorg/sglang:v0.5.20\nRUN true\nCMD {SH}\n")
    service = COMPOSE.replace("image: lmsysorg/sglang", "build: .\n    image: ours/sglang")

    assert profile(cuda)["engine"]["image"] == "lmsysorg/sglang:v0.5.23"
    assert profile(engine)["engine"]["image"] == "lmsysorg/sglang:v0.5.20"
    made = adopt("compose.yml", service)
    assert profile(made)["engine"]["image"] == "lmsysorg/sglang:v0.5.20"
    assert "ours/sglang:v0.5.20 is not taken" in "".join(said(made, Kind.MOVED))


def test_a_key_that_vllm_takes_from_its_variable_is_the_key() -> None:
    adopted = adopt("start.sh", f"export VLLM_API_KEY=$OURS\n{VLLM}\n")

    assert not any("asks nobody for a key" in one for one in said(adopted, Kind.ASSUMED))
    assert "the API key is not copied" in "".join(said(adopted, Kind.MOVED))


SECRETS = """\
import os, subprocess, modal
app = modal.App("x")
named, nameless = modal.Secret.from_name("hub"), modal.Secret.from_dict({"OURS": "x"})
@app.function(gpu="H100", secrets=[named, nameless], volumes={"/papers": elsewhere})
@modal.web_server(8000)
def serve():
    subprocess.Popen(["vllm", "serve", "Qwen/Qwen3-32B", "--api-key", os.environ["OURS"]])
"""


def test_the_only_secret_with_a_name_is_not_the_keys_beside_one_without() -> None:
    both = adopt("deploy.py", SECRETS)
    alone = adopt("deploy.py", SECRETS.replace(", nameless]", "]"))

    assert "modal.api_key_secret" in said(both, Kind.TODO)
    assert "hub" not in profile(both)["modal"].values()
    assert profile(alone)["modal"]["api_key_secret"] == "hub"
    assert "/papers" in said(both, Kind.TODO)["modal.volumes"]


def test_what_is_not_given_is_asked_once_and_in_its_place() -> None:
    adopted = adopt("Dockerfile", "FROM vllm/vllm-openai:v0.17.1\n")

    assert set(said(adopted, Kind.TODO)) == {"model.repo", "model.served_name"}


def test_gpus_to_choose_from_are_no_unknown_types() -> None:
    task = f"resources:\n  accelerators: {{A100-80GB: 2, H100: 2}}\nrun: {SH}\n"
    texts = [
        said(from_file("t.sky.yaml", given, Wishes(), lambda _: None), Kind.TODO)["hardware.gpu"]
        for given in (task, task.replace("{A100-80GB: 2, H100: 2}", "{V100: 2}"))
    ]

    assert texts[0].endswith("It ran on A100-80GB or H100.")
    assert texts[1].endswith("It ran on V100, which is no GPU type here.")


def test_which_gpus_of_a_machine_are_seen_is_not_kept() -> None:
    adopted = adopt("start.sh", f"export NVIDIA_VISIBLE_DEVICES=3,4\n{SH}\n")

    assert "env" not in profile(adopted)["engine"]


def test_what_is_no_launch_at_all_is_not_told_what_one_is(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    flux = tmp_path / "flux.sh"
    flux.write_text("sglang serve a/b --ulysses-degree 2\n", encoding="utf-8")
    other = tmp_path / "other.sh"
    other.write_text("echo\n", encoding="utf-8")

    for path, told in (("profiles/cpu-tiny.yaml", False), (str(flux), False), (str(other), True)):
        assert main(["import", path]) == 1
        assert ("A launch is `python3 -m" in capsys.readouterr().err) == told, path


def test_the_types_of_gpus_are_listed_and_none_is_not_the_first(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["import", "--gpu", "H1", "--", *SH.split()]) == 2
    assert "The types are `T4`," in capsys.readouterr().err


def test_a_place_that_cannot_be_written_is_refused_before_the_hub_is_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def asked(*_: object) -> None:
        pytest.fail("the hub was asked")

    monkeypatch.setattr("deployer.cli.init_verb._proposed", asked)
    (tmp_path / "file").write_text("", encoding="utf-8")
    given = ["init", "--model", "a/b", "--gpu", "H100", "--target", "modal"]

    assert main([*given, "-o", str(tmp_path / "file" / "x.yaml")]) in {1, 2}
    assert "x.yaml" in capsys.readouterr().err


OWN = """\
import subprocess, modal
from common import NAME, command, papers
from ours.models import *
app = modal.App("x")
@app.function(gpu="H100", volumes={"/papers": papers})
@modal.web_server(8000)
def serve():
    subprocess.Popen(command(MODEL))
"""
COMMON = """\
import os, subprocess, modal
from deploy import app
NAME = "papers"
papers = modal.Volume.from_name(NAME)
def command(model):
    size = os.environ["SIZE"]
    return ["vllm", "serve", model, "--tensor-parallel-size", size]
subprocess.Popen(command("not/this"))
"""


def test_modules_beside_a_file_are_followed_and_others_are_not() -> None:
    files = {"common.py": COMMON, "../ours/models.py": 'MODEL = "Qwen/Qwen3-32B"\n'}
    whole = from_file("deploy.py", OWN, Wishes(), files.get)

    assert profile(whole)["model"]["repo"] == "Qwen/Qwen3-32B"
    assert profile(whole)["modal"]["volumes"][0]["volume"] == "papers"  # type: ignore[index]
    told = said(whole, Kind.TODO)["parallel.tp"]
    assert "is known only where it runs in common.py, line 6" in told
    assert not any("another server" in one for one in said(whole, Kind.ASSUMED))
    for others in ({}, {"../common.py": COMMON}):
        with pytest.raises(NoLaunchError):
            from_file("deploy.py", OWN, Wishes(), others.get)


def test_a_bucket_is_named_and_no_question() -> None:
    text = SECRETS.replace("elsewhere", 'modal.CloudBucketMount("b")')
    adopted = adopt("deploy.py", text)

    assert any("`CloudBucketMount` that is mounted" in one for one in said(adopted, Kind.LEFT_OUT))
    assert "modal.volumes" not in said(adopted, Kind.TODO)


def test_a_variable_of_a_config_map_in_the_same_file_is_known() -> None:
    text = """\
apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data: {MODEL: Qwen/Qwen3-32B, TP: "2", PORT: "8123"}
---
apiVersion: v1
kind: Pod
spec:
  containers:
    - name: server
      image: vllm/vllm-openai:v0.17.1
      args: [--model, $(MODEL), -tp, $(S_TP), --port, $(PORT), --seed, $(SEED)]
      envFrom: [{prefix: S_, configMapRef: {name: settings}}, {configMapRef: {name: elsewhere}}]
      env:
        - {name: MODEL, valueFrom: {configMapKeyRef: {name: settings, key: MODEL}}}
        - {name: PORT, value: "9000"}
        - {name: SEED, valueFrom: {configMapKeyRef: {name: elsewhere, key: SEED}}}
"""
    adopted = adopt("k.yaml", text)
    made = profile(adopted)

    assert made["model"]["repo"] == "Qwen/Qwen3-32B"
    assert (made["parallel"]["tp"], made["serving"]["port"]) == (2, 9000)
    assert set(said(adopted, Kind.TODO)) == {"engine.args.random-seed"}
    assert said(adopt("k.yaml", text.replace("name: settings}\n", "name: x}\n")), Kind.TODO)
