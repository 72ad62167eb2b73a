"""What changes the key of a kernel cache, what does not, and how a change is said."""

from __future__ import annotations

from dataclasses import replace

import pytest

from deployer.behaviour.kernel_key import FLAGS, KernelKey, key_of
from deployer.codec import decode, encode
from deployer.release import Argument, Engine
from tests.serve.kernels.kitchen import on_gpu, with_variable

BASE = on_gpu()
CHUNK = Argument("--chunked-prefill-size", ("8192",), "schedule.chunked_prefill_size")


def test_a_key_travels_as_json() -> None:
    key = key_of(with_variable(on_gpu("B200", CHUNK), "SGLANG_JIT_DEEPGEMM_FAST_WARMUP", "1"))
    again = decode(KernelKey, encode(key))
    assert again == key
    assert again.digest() == key.digest()
    assert len(key.digest()) == 16


@pytest.mark.parametrize(
    "same",
    [
        on_gpu("B200", Argument("--mem-fraction-static", ("0.9",), "memory.mem_fraction_static")),
        on_gpu("B200", Argument("--reasoning-parser", ("glm45",), "serving.reasoning_parser")),
        replace(BASE, name="other", lifecycle=replace(BASE.lifecycle, startup=1.0)),
        with_variable(BASE, "SGLANG_DG_CACHE_DIR", "/elsewhere"),
        with_variable(BASE, "SGLANG_JIT_DEEPGEMM_COMPILE_WORKERS", "8"),
        replace(BASE, listen=replace(BASE.listen, port=1)),
    ],
)
def test_what_decides_no_shape_changes_nothing(same: object) -> None:
    assert isinstance(same, type(BASE))
    assert key_of(same).digest() == key_of(BASE).digest()
    assert key_of(BASE).differences(key_of(same)) == ()


@pytest.mark.parametrize("name", FLAGS)
def test_every_spelling_of_a_flag_is_one(name: str) -> None:
    keys = {
        key_of(replace(BASE, arguments=(Argument(flag, ("2",), f"source.{flag}"),))).digest()
        for flag in FLAGS[name]
    }
    assert len(keys) == 1
    assert keys != {key_of(replace(BASE, arguments=())).digest()}


def test_no_spelling_means_two_things() -> None:
    spellings = [flag for flags in FLAGS.values() for flag in flags]
    assert len(spellings) == len(set(spellings))


@pytest.mark.parametrize(
    ("later", "said"),
    [
        (
            replace(BASE, engine=Engine("sglang", "0.5.23", BASE.engine.image, ())),
            "engine.version 0.5.10.post1 -> 0.5.23",
        ),
        (on_gpu("H200"), "hardware.gpu sm100 -> sm90"),
        (on_gpu("B300"), "hardware.gpu sm100 -> sm103"),
        (
            replace(BASE, model=replace(BASE.model, commit="c" * 40)),
            f"model.revision main -> {'c' * 40}",
        ),
        (on_gpu("B200", CHUNK), "schedule.chunked_prefill_size (not set) -> 8192"),
        (
            on_gpu("B200", Argument("--enable-dp-attention", (), "parallel.dp_attention")),
            "parallel.dp_attention (not set) -> on",
        ),
        (
            with_variable(BASE, "SGLANG_JIT_DEEPGEMM_FAST_WARMUP", "1"),
            "engine.env.SGLANG_JIT_DEEPGEMM_FAST_WARMUP (not set) -> 1",
        ),
        (
            with_variable(BASE, "SGLANG_DG_USE_NVRTC", "1"),
            "engine.env.SGLANG_DG_USE_NVRTC (not set) -> 1",
        ),
    ],
)
def test_a_change_is_said_in_the_words_of_the_profile(later: object, said: str) -> None:
    assert isinstance(later, type(BASE))
    assert key_of(BASE).differences(key_of(later)) == (said,)
    assert key_of(BASE).digest() != key_of(later).digest()


def test_a_setting_that_went_is_said_too() -> None:
    before = key_of(on_gpu("B200", CHUNK))
    assert before.differences(key_of(BASE)) == ("schedule.chunked_prefill_size 8192 -> (not set)",)


def test_what_follows_from_a_key_is_said_once() -> None:
    def drafting(steps: str, tokens: str) -> tuple[Argument, ...]:
        source = "speculative.num_steps"
        return (
            Argument("--speculative-num-steps", (steps,), source),
            Argument("--speculative-num-draft-tokens", (tokens,), source),
        )

    before = key_of(on_gpu("B200", *drafting("3", "4")))
    after = key_of(on_gpu("B200", *drafting("5", "6")))
    assert before.differences(after) == ("speculative.num_steps 3 -> 5",)
