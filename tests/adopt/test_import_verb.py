"""`deployer import` as people call it: what goes where, what is said, and what is never shown."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from deployer.cli.import_verb import command
from deployer.errors import Failure, UsageError

LAUNCHES = Path(__file__).parents[1] / "data" / "starts" / "bare.sh"
LAUNCH = "python3 -m sglang.launch_server --model-path a/b"


@dataclass
class Ran:
    code: int
    out: str
    err: str


def run(*words: str) -> Ran:
    ran = CliRunner().invoke(command, list(words), standalone_mode=False)
    if ran.exception is not None:
        raise ran.exception
    return Ran(ran.return_value, ran.stdout, ran.stderr)


def script(tmp_path: Path, text: str) -> str:
    path = tmp_path / "launch.sh"
    path.write_text(text, encoding="utf-8")
    return str(path)


def test_the_profile_goes_to_stdout_and_the_talk_to_stderr() -> None:
    ran = run("--gpu", "H200", "--", *LAUNCH.split(), "--tp", "8", "--api-key", "canary-7f")

    assert ran.code == 0
    assert ran.out.startswith("# yaml-language-server: $schema=")
    assert "  gpu: H200\n  count: 8\n" in ran.out
    assert ran.err.startswith("For SGLang 0.5.23: the newest release that accepts the command.\n")
    assert "moved: the API key is not copied" in ran.err


def test_a_file_needs_no_option(tmp_path: Path) -> None:
    path = script(tmp_path, LAUNCH)

    assert run("--gpu", "H100", path).out == run("--gpu", "H100", "--file", path).out


def test_the_same_words_give_the_same_profile_without_a_command_before_them() -> None:
    flags = ["--model-path", "a/b", "--tp", "8", "--api-key", "k"]

    assert run("--", *flags).out == run("--", *LAUNCH.split()[:3], *flags).out


@pytest.mark.parametrize(
    "words",
    [
        [*LAUNCH.split(), "--api-key", "canary-7f"],
        [*LAUNCH.split(), "--api-key=canary-7f"],
        [*LAUNCH.split(), "--admin-api-key", "canary-7f"],
        ["HF_TOKEN=canary-7f", *LAUNCH.split()],
        ["docker", "run", "-e", "HF_TOKEN=canary-7f", "lmsysorg/sglang:v0.5.23", *LAUNCH.split()],
        [f"export OPENAI_API_KEY=canary-7f; {LAUNCH} --api-key $OPENAI_API_KEY"],
        [f"KEY=canary-7f; {LAUNCH} --api-key $KEY --tpx $KEY"],
        [f"AWS_SECRET_ACCESS_KEY=canary-7f {LAUNCH}"],
        [f"MINE=hf_canary0123456789abcdef {LAUNCH} --file-storage-path hf_canary0123456789abcdef"],
        [f"DB=postgres://me:canary-7f@host/x {LAUNCH}"],
        [*LAUNCH.split(), "--model-loader-extra-config", '{"a": [{"hf_token": "canary-7f"}]}'],
        [*LAUNCH.split(), "--json-model-override-args", '{"api_key":"canary-7f'],
        [f"docker run --label token=canary-7f lmsysorg/sglang:v0.5.23 {LAUNCH}"],
        [f"export HF_TOKEN=canary-7f; bash -c '{LAUNCH} --api-key $HF_TOKEN'"],
    ],
)
@pytest.mark.parametrize("form", ["text", "json"])
def test_no_secret_is_shown(words: list[str], form: str, tmp_path: Path) -> None:
    given = ["--file", script(tmp_path, words[0])] if len(words) == 1 else ["--", *words]
    ran = run("--format", form, *given)

    assert "canary" not in ran.out + ran.err


def test_what_could_not_be_placed_is_named_and_counts(tmp_path: Path) -> None:
    text = f"""\
{LAUNCH} \\
  --tp $(nvidia-smi -L | wc -l) \\
  --port "$PORT" \\
  --no-such-flag 8
{LAUNCH} --port 2
"""
    ran = run("--gpu", "H100", "--file", script(tmp_path, text))

    assert ran.code == 1
    said = ran.err.splitlines()
    why = "`$(nvidia-smi -L | wc -l)` is known only when it runs (line 2)"
    assert f"todo: parallel.tp: what is `--tp-size`? {why}" in said
    assert (
        "todo: serving.port: what is `--port`? `$PORT` is set nowhere in the script (line 3)"
        in said
    )
    assert "todo: hardware.count: on how many GPUs? The parallel sizes are not known." in said
    assert f"  # TODO: what is `--tp-size`? {why}\n  # tp:\n" in ran.out
    assert "tp: 1" not in ran.out
    assert any("has no flag `--no-such-flag`" in line for line in said)
    assert "assumed: line 5: another server is started here: `--launch` takes it instead" in said
    assert "name: b\n" in ran.out


SAID = {
    "within another shell": (
        f"export TP=2\nPORT=1\nbash -c '{LAUNCH} --tp $TP --port $PORT'",
        ["todo: serving.port: what is `--port`? `$PORT` is set nowhere in the script (line 3)"],
        "  tp: 2\n",
    ),
    "two within another shell": (
        f"bash -c '{LAUNCH} --port 1; {LAUNCH} --port 2'",
        ["assumed: line 1: another server is started here: `--launch` takes it instead"],
        "  port: 1\n",
    ),
    "in a branch": (
        f"if test -d x; then\n{LAUNCH} --port 1\nfi",
        [("assumed: line 2: the launch stands in a branch, a loop or a function, and is taken as if"
         " it ran once")],
        "  port: 1\n",
    ),
    "an image of an old release": (
        f"docker run lmsysorg/sglang:v0.4.6-cu124 {LAUNCH}",
        [("assumed: the image lmsysorg/sglang:v0.4.6-cu124 is not of SGLang 0.5.23, so it is not"
         " taken")],
        "  image: lmsysorg/sglang:v0.5.23\n",
    ),
    "an image that is not known": (
        f"docker run lmsysorg/sglang:$TAG {LAUNCH}",
        ["assumed: the image is not known before it runs, so it is not taken"],
        "  image: lmsysorg/sglang:v0.5.23\n",
    ),
    "an image of another name": (
        f"sudo docker run --gpus 2 registry/llm:1.2.3 {LAUNCH}",
        ["assumed: the command shows 2 GPUs and the engine uses 1: `hardware.count` is 1"],
        "  image: registry/llm:1.2.3\n",
    ),
    "a container that runs": (
        f"docker exec -it -e NCCL_DEBUG=WARN box {LAUNCH}",
        ["assumed: the image is assumed: lmsysorg/sglang:v0.5.23"],
        "    NCCL_DEBUG: WARN\n",
    ),
    "a config file elsewhere": (
        f"{LAUNCH} --config /no/such.yaml --port 7",
        [
            (
                "todo: engine.args: which flags stand in /no/such.yaml? It is not here, so it is "
                "not merged."
            )
        ],
        "  port: 7\n",
    ),
    "limits and files": (
        f"nohup timeout -k 5 60 numactl -N 0 uv run {LAUNCH} >> server.log 2>&1 &",
        ["moved: line 1: `timeout -k 5 60` has no place in a profile",
         "moved: line 1: `numactl -N 0` has no place in a profile",
         "moved: line 1: `>> server.log` has no place in a profile"],
        "name: b\n",
    ),
    "other commands": (
        f"ulimit -n 65536\n/usr/bin/mkdir -p x && {LAUNCH} | tee log",
        ["moved: the script's other commands are not kept: ulimit, mkdir, tee"],
        "name: b\n",
    ),
    "a compose file by another name": (
        f"#!/bin/sh\nservices:\n s:\n  command: >\n   {LAUNCH}\n   --reasoning-parser glm45\n",
        [("left-out: it does not read like a shell script, and these lines were not read: "
          "services:, s:, command:, --reasoning-parser")],
        "name: b\n",
    ),
    "kernels compiled before": (
        f"python3 -m sglang.compile_deep_gemm --model x/y --timeout 9\n{LAUNCH}",
        [],
        "  repo: a/b\n",
    ),
    "what deployer sets": (
        f"PYTHONUNBUFFERED=0 CUDA_VISIBLE_DEVICES=4,5 {LAUNCH} --tp 2",
        ["moved: deployer sets `PYTHONUNBUFFERED` itself",
         ("moved: `CUDA_VISIBLE_DEVICES` is not kept: a container sees its own GPUs,"
         " `hardware.count` many")],
        "  count: 2\n",
    ),
    "a variable that doubles": (
        "A=abcdefgh\n" + "A=$A$A\n" * 60 + f"{LAUNCH} --served-model-name $A",
        [
            (
                "todo: model.served_name: which name do clients ask for? `$A` comes to too much "
                "text (line 62)"
            )
        ],
        "  # served_name:\n",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", SAID)
def test_what_is_around_a_launch_is_said(name: str, tmp_path: Path) -> None:
    text, notes, line = SAID[name]
    ran = run("--gpu", "H100", "--file", script(tmp_path, text))

    said = ran.err.splitlines()
    assert [note for note in notes if note not in said] == [], ran.err
    assert line in ran.out
    assert ran.code == int(any(one.startswith(("left-out", "todo")) for one in said))


@pytest.mark.parametrize(
    ("words", "section", "key"),
    [("--tp auto", "parallel", "tp"), ("--port x", "serving", "port"),
     ("--pp-size auto", "parallel", "pp")],
)  # fmt: skip
def test_a_default_is_not_written_for_a_value_that_is_refused(
    words: str, section: str, key: str
) -> None:
    ran = run("--gpu", "H100", "--", *LAUNCH.split(), *words.split())
    profile = yaml.safe_load(ran.out)

    assert ran.code == 1
    assert key not in profile.get(section, {})
    assert "count" in profile["hardware"] if key == "port" else "count" not in profile["hardware"]
    assert not [line for line in ran.out.splitlines() if line.endswith(" ")]
    assert f"# TODO: what is `--{words.split(maxsplit=1)[0][2:].removesuffix('-size')}" in ran.out


def test_an_image_of_another_release_gives_way_to_the_one_asked_for() -> None:
    ran = run("--gpu", "H100", "--engine", "0.5.20", "--", "docker", "run",
              "lmsysorg/sglang:v0.5.18", *LAUNCH.split())  # fmt: skip

    assert ran.code == 0
    assert "  image: lmsysorg/sglang:v0.5.20\n" in ran.out
    assert "assumed: the image lmsysorg/sglang:v0.5.18 is not of SGLang 0.5.20" in ran.err


def test_a_config_file_of_an_older_release_is_read_by_that_release(tmp_path: Path) -> None:
    config = tmp_path / "engine.yaml"
    config.write_text("model-path: a/b\nnsa-decode-backend: trtllm\n", encoding="utf-8")

    assert "  version: 0.5.19\n" in run("--config", str(config)).out


def test_a_script_as_large_as_may_be_is_read(tmp_path: Path) -> None:
    """Each step looks at a part of the text: a quadratic reader took minutes for this."""
    text = 'echo a $X "y z"\n' * 20_000
    ran = run("--gpu", "H100", "--file", script(tmp_path, f"{text}{LAUNCH}\n"))

    assert ran.code == 0


def test_a_launch_that_is_too_long_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Failure, match="50,001 words"):
        run("--file", script(tmp_path, LAUNCH + " --enable-metrics" * 49_998 + " x"))


def test_the_environment_of_the_caller_is_not_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PORT", "4711")

    ran = run("--file", script(tmp_path, f"{LAUNCH} --port $PORT\n"))
    assert "4711" not in ran.out


def test_json_holds_profile_and_notes() -> None:
    document = json.loads(run("--gpu", "H100", "--format", "json", "--", *LAUNCH.split()).out)

    assert document["engine"] == "0.5.23"
    assert document["complete"] is True
    assert {note["kind"] for note in document["notes"]} == {"assumed"}
    assert document["profile"].startswith("#")


def test_a_release_that_is_named_is_taken() -> None:
    image = ["docker", "run", "--gpus", "all", "lmsysorg/sglang:v0.5.10.post1-cu130"]
    named = run("--", *image, *LAUNCH.split(), "--nsa-decode-backend", "trtllm")
    asked = run("--engine", "0.5.18", "--", *LAUNCH.split())

    assert "  version: 0.5.10.post1\n" in named.out
    assert "  image: lmsysorg/sglang:v0.5.10.post1-cu130\n" in named.out
    assert "  decode: trtllm\n" in named.out
    assert "# TODO: on which GPU does it run? Its kernels need a B200 or a B300." in named.out
    assert "  version: 0.5.18\n" in asked.out


def test_without_a_release_the_newest_that_accepts_it_is_taken() -> None:
    ran = run("--", *LAUNCH.split(), "--nsa-decode-backend", "trtllm")

    assert "  version: 0.5.19\n" in ran.out


def test_a_file_is_never_replaced_unasked(tmp_path: Path) -> None:
    target = tmp_path / "x.yaml"
    target.write_text("mine", encoding="utf-8")

    with pytest.raises(UsageError, match="there already"):
        run("--output", str(target), "--", *LAUNCH.split())
    assert target.read_text(encoding="utf-8") == "mine"
    assert run("--output", str(target), "--force", "--", *LAUNCH.split()).out == ""
    assert target.read_text(encoding="utf-8").startswith("# yaml-language-server")


def test_a_word_that_no_file_can_be_called_by_is_no_script(tmp_path: Path) -> None:
    path = script(tmp_path, f"run '{'a/b ' * 2000}'\n")

    with pytest.raises(Failure, match="no launch of SGLang or vLLM was found"):
        run("--file", path)


def test_a_config_file_beside_the_script_is_merged(tmp_path: Path) -> None:
    (tmp_path / "engine.yaml").write_text("tp-size: 4\nport: 1\n", encoding="utf-8")
    ran = run("--file", script(tmp_path, f"{LAUNCH} --config engine.yaml --port 2\n"))

    assert "  tp: 4\n" in ran.out
    assert "  port: 2\n" in ran.out


@pytest.mark.parametrize(
    ("words", "kind", "message"),
    [
        ([], UsageError, "give one of"),
        (["--gpu", "H1000", "--", *LAUNCH.split()], UsageError, "no GPU type"),
        (["--name", "Not A Name", "--", *LAUNCH.split()], UsageError, "is no name"),
        (["--engine", "9.9.9", "--", *LAUNCH.split()], UsageError, "is not known here"),
        (["--file", "/no/such/file"], UsageError, "there is no such file"),
        (["no-such-file.py"], UsageError, "there is no such file"),
        (["/dev/null"], UsageError, "is a device"),
        (["tests"], UsageError, "tests is a folder"),
        (["--set", "TP", "--", *LAUNCH.split()], UsageError, "`TP` has no value"),
        (["--launch", "2", "--file", str(LAUNCHES)], Failure, "no launch 2"),
        (["--", "echo", "hello"], Failure, "it is no launch of SGLang"),
    ],
)
def test_wrong_usage_is_told(words: list[str], kind: type[Exception], message: str) -> None:
    with pytest.raises(kind, match=message):
        run(*words)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"\x7fELF\x00\x01", "is no text"),
        (b"\xff\xfe", "is no text"),
        (b"#!/bin/sh\necho hi\n", "no launch of SGLang or vLLM was found in "),
        (b"x" * 1_000_001, "is larger than"),
    ],
)
def test_a_file_that_is_no_launch_script(tmp_path: Path, data: bytes, message: str) -> None:
    path = tmp_path / "x.sh"
    path.write_bytes(data)

    with pytest.raises((UsageError, Failure), match=message):
        run("--file", str(path))


@pytest.mark.parametrize("name", ["x.sh", "x.yaml", "deploy.py", "Dockerfile", "x"])
@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is empty, so there is nothing to import"),
        ("\n  \n", "is empty, so there is nothing to import"),
        ("#!/bin/sh\n# TODO\n", "holds nothing but comments, so there is nothing to import"),
        ("---\n# nothing yet\n", "holds nothing but comments, so there is nothing to import"),
    ],
)
def test_nothing_is_not_looked_at_and_found_wanting(
    tmp_path: Path, name: str, text: str, message: str
) -> None:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")

    for words in ([str(path)], ["--config", str(path)], [str(LAUNCHES), "--config", str(path)]):
        with pytest.raises(UsageError, match=message):
            run(*words)


@pytest.mark.parametrize("text", ["- a\n", "a\n", "[]\n"])
def test_yaml_without_a_key_is_no_command_that_some_release_refuses(
    tmp_path: Path, text: str
) -> None:
    path = tmp_path / "x.yaml"
    path.write_text(text, encoding="utf-8")

    with pytest.raises(Failure, match="it holds no key"):
        run(str(path))


def test_aliases_of_aliases_fill_no_memory(tmp_path: Path) -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)]
    path = tmp_path / "x.yaml"
    path.write_text("\n".join(lines), encoding="utf-8")
    (tmp_path / "y.yaml").write_text("run: &a [*a]\n", encoding="utf-8")

    for one in (path, tmp_path / "y.yaml"):
        with pytest.raises(Failure, match="it holds more than 20,000 values"):
            run(str(one))


def test_a_config_file_is_read_once_for_all_releases(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "config.yaml"
    path.write_text("model-path: a/once\ntp-size: 2\n", encoding="utf-8")
    read: list[str] = []
    load = yaml.safe_load

    def safe_load(text: str) -> object:
        read.append(text)
        return load(text)

    monkeypatch.setattr(yaml, "safe_load", safe_load)

    assert "repo: a/once" in run("--config", str(path)).out
    assert len([text for text in read if "a/once" in text and "tp-size" in text]) == 1


def test_an_unfinished_script_is_read_as_far_as_it_goes(tmp_path: Path) -> None:
    ran = run("--file", script(tmp_path, f'{LAUNCH} --served-model-name "x\n'))

    assert ran.code == 1
    assert "a double quote is not closed" in ran.err
