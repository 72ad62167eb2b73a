"""What the shipped profiles compile to: where the known recipe is wrong, they are right."""

from pathlib import Path

import pytest

from deployer.cli.reading import read_checked, read_release
from deployer.finding import Severity
from deployer.release import Release
from deployer.report.release import flags

GLM = ["b200-fp8-eagle", "b200-no-spec", "h200-fallback"]
ALL = [*GLM, "b200-fp8-latest", "b200-or-h200", "cpu-tiny"]


def release(name: str) -> Release:
    return read_release(f"profiles/{name}.yaml")


def values(name: str) -> dict[str, str]:
    return {a.flag: " ".join(a.values) for a in release(name).arguments}


@pytest.mark.parametrize("name", ALL)
def test_it_is_clean_at_strict(name: str) -> None:
    findings = read_checked(f"profiles/{name}.yaml").findings

    assert [(f.check, f.path) for f in findings if f.severity is not Severity.NOTE] == []


@pytest.mark.parametrize("name", ALL)
def test_its_committed_flags_are_fresh(name: str) -> None:
    committed = Path(f"profiles/compiled/{name}.flags").read_text(encoding="utf-8")

    assert committed == flags(release(name))


@pytest.mark.parametrize("name", ALL)
def test_its_first_line_names_the_schema(name: str) -> None:
    text = Path(f"profiles/{name}.yaml").read_text(encoding="utf-8")
    schema = "part" if "\nextends: " in text else "profile"

    first = f"# yaml-language-server: $schema=../schemas/{schema}.schema.json\n"
    assert text.startswith(first)


@pytest.mark.parametrize("name", GLM)
def test_the_glm_profiles_share_what_is_about_the_model(name: str) -> None:
    found = values(name)
    compiled = release(name)

    assert compiled.model.repo == "zai-org/GLM-5.1-FP8"
    assert compiled.engine.version == "0.5.10.post1"
    assert compiled.hardware.count == 8
    commit = "f396cf805182f4ca10fa675e1a99815b3ca384db"
    assert compiled.model.revision == compiled.model.commit == commit
    assert found["--model-path"] == f"/model-cache/GLM-5.1-FP8/{commit}"
    assert found["--served-model-name"] == "glm-5.1"
    assert found["--tp-size"] == "8"
    assert (compiled.listen.host, compiled.listen.port) == ("0.0.0.0", 8000)  # noqa: S104
    assert not {"--host", "--port"} & set(found)
    assert (found["--reasoning-parser"], found["--tool-call-parser"]) == ("glm45", "glm47")
    assert found["--attention-backend"] == "nsa"
    assert found["--kv-cache-dtype"] == "bfloat16"
    assert found["--watchdog-timeout"] == "1200"
    assert found["--enable-metrics"] == ""
    assert "--max-total-tokens" not in found
    assert {v.name: v.value for v in compiled.environment}["SGLANG_DG_CACHE_DIR"] == "/dg-cache"


@pytest.mark.parametrize("name", GLM)
def test_the_glm_profiles_share_their_modal_parameters(name: str) -> None:
    modal = release(name).modal

    assert modal is not None
    assert (modal.weights.volume, modal.weights.path) == ("glm51-model-weights", "/model-cache")
    assert [one.volume for one in modal.mounts[1:]] == ["glm51-deepgemm-cache"]
    assert (modal.api_key_secret, modal.hub_secret) == ("glm51-api-key", "huggingface-secret")
    assert (modal.min_containers, modal.max_containers) == (0, 3)
    assert modal.max_inputs == modal.target_inputs == 48
    assert (modal.scaledown_window, modal.timeout) == (900, 86400)
    assert modal.startup_timeout < modal.timeout


def test_b200_uses_the_bf16_pair_of_backends() -> None:
    for name in ("b200-fp8-eagle", "b200-no-spec"):
        found = values(name)
        assert found["--nsa-decode-backend"] == "trtllm"
        assert found["--nsa-prefill-backend"] == "flashmla_sparse"
        assert found["--moe-runner-backend"] == "flashinfer_trtllm"
        assert "--enable-flashinfer-allreduce-fusion" in found


def test_eagle_is_3_1_4_and_overlapped() -> None:
    found = values("b200-fp8-eagle")
    variables = {v.name: v.value for v in release("b200-fp8-eagle").environment}

    assert [found[f"--speculative-{x}"] for x in ("num-steps", "eagle-topk")] == ["3", "1"]
    assert found["--speculative-num-draft-tokens"] == "4"
    assert variables["SGLANG_ENABLE_SPEC_V2"] == "1"


def test_no_spec_says_nothing_of_speculation() -> None:
    compiled = release("b200-no-spec").to_json()

    assert "speculative" not in compiled
    assert "SPEC" not in compiled


def test_h200_leaves_out_what_only_b200_can() -> None:
    found = values("h200-fallback")

    assert not {"--nsa-decode-backend", "--nsa-prefill-backend", "--moe-runner-backend"} & set(
        found
    )
    assert "trtllm" not in release("h200-fallback").to_json()


def test_cpu_tiny_needs_no_gpu_flag() -> None:
    compiled = release("cpu-tiny")

    assert compiled.argv()[:3] == ("python3", "-m", "sglang.launch_server")
    assert compiled.hardware.count == 0
    assert compiled.modal is None


def test_one_of_them_falls_back_to_another() -> None:
    """It says three lines of its own, and is both of the profiles that it names."""
    both, first, other = map(release, ("b200-or-h200", "b200-fp8-eagle", "h200-fallback"))

    assert (both.shape, [one.shape for one in both.shapes]) == ("B200:8", ["H200:8"])
    assert both.arguments == first.arguments
    assert [one.arguments for one in both.shapes] == [other.arguments]
    assert (both.modal, first.modal, other.modal) != (None, None, None)
    apps = {one.modal.app for one in (both, first, other) if one.modal is not None}
    assert len(apps) == 3
    committed = Path("profiles/compiled/b200-or-h200.flags").read_text(encoding="utf-8")
    assert committed == flags(both)
    findings = read_checked("profiles/b200-or-h200.yaml").findings
    assert {one.severity for one in findings} <= {Severity.NOTE}
