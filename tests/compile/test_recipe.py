"""The compiler can say the known recipe: the same arguments, in the same order."""

import json

from deployer.cli.reading import read_release

RECIPE = (
    "python3 -m sglang.launch_server --model-path /model-cache/GLM-5.1-FP8 "
    "--served-model-name glm-5.1 --tp 8 --host 0.0.0.0 --port 8000 --trust-remote-code --ep 1 "
    "--attention-backend nsa --nsa-decode-backend trtllm --nsa-prefill-backend trtllm "
    "--moe-runner-backend flashinfer_trtllm --enable-flashinfer-allreduce-fusion "
    "--speculative-algorithm EAGLE --speculative-num-steps 3 --speculative-eagle-topk 1 "
    "--speculative-num-draft-tokens 4 --reasoning-parser glm45 --tool-call-parser glm47 "
    "--mem-fraction-static 0.88 --max-running-requests 48 --max-prefill-tokens 32768 "
    "--max-total-tokens 65536 --watchdog-timeout 1200 --enable-metrics"
)

CANONICAL = {"--tp": "--tp-size", "--ep": "--ep-size"}


def meaning(words: list[str]) -> list[tuple[str, list[str]]]:
    """Group words into flags with their values, abbreviations and aliases spelt out."""
    found: list[tuple[str, list[str]]] = []
    for word in words:
        if word.startswith("--"):
            found.append((CANONICAL.get(word, word), []))
        else:
            found[-1][1].append(word)
    return found


def test_the_recipe_compiles_to_the_same_arguments_in_the_same_order() -> None:
    release = read_release("tests/data/recipe.yaml")
    argv, words = list(release.argv()), RECIPE.split()
    listen = [("--host", [release.listen.host]), ("--port", [str(release.listen.port)])]

    assert argv[:3] == words[:3]
    meant = meaning(words[3:])
    assert meaning(argv[3:]) == [one for one in meant if one not in listen]
    assert all(one in meant for one in listen), "what the door does in the engine's place"


def test_the_recipe_keeps_its_modal_parameters() -> None:
    modal = read_release("tests/data/recipe.yaml").modal

    assert modal is not None
    assert [(one.volume, one.path) for one in modal.mounts] == [
        ("glm51-model-weights", "/model-cache"),
        ("glm51-deepgemm-cache", "/dg-cache"),
    ]
    assert (modal.api_key_secret, modal.hub_secret) == ("glm51-api-key", "huggingface-secret")
    assert (modal.min_containers, modal.max_containers, modal.max_inputs) == (0, 3, 20)
    assert (modal.scaledown_window, modal.timeout) == (900, 86400)
    assert modal.download_connections == 32
    assert (modal.download_cpu, modal.download_memory, modal.download_timeout) == (4.0, 32768, 7200)


def test_no_api_key_appears_in_the_release() -> None:
    text = read_release("tests/data/recipe.yaml").to_json()

    assert "--api-key" not in text
    assert json.loads(text)["listen"]["api_key_variable"] == "API_KEY"
