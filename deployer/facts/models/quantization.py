"""The bytes of a weight, as a checkpoint's quantization says it: for all, or name by name.

Checkpoints name what is quantized, or what is not, by hundreds of names that differ in the number
of a layer. Here each becomes a pattern without the number, and the layers that it holds for; in
the shipped facts the numbers are written as ranges (`layers.<0-2,5>.mlp`).
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from deployer.late import compile_pattern

Config = Mapping[str, Any]

PLAIN = 2.0
"""Bytes of a weight in BF16 or FP16. FP32 checkpoints are loaded as FP16 (SGLang 0.5.10.post1
``configs/model_config.py``, ``_get_and_verify_dtype``)."""

FP4, MXFP4 = 0.5 + 1 / 16, 0.5 + 1 / 32
"""NVFP4 has a byte of scale for 16 weights, MXFP4 for 32 (OCP Microscaling Formats 1.0)."""

ALGORITHMS = {
    "FP8": 1.0,
    "FP8_PER_CHANNEL_PER_TOKEN": 1.0,
    "FP8_PB_WO": 1 + 4 / 128**2,
    "NVFP4": FP4,
    "W4A16_NVFP4": FP4,
    "NVFP4_AWQ": FP4,
    "MXFP8": 1 + 1 / 32,
    "MXFP4": MXFP4,
    "W4A8_MXFP4_FP8": MXFP4,
    "W4A16_AWQ": 0.5 + 2 / 128,
    "W4A8_AWQ": 0.5 + 2 / 128,
    "W8A8_SQ_PER_CHANNEL": 1.0,
}
"""Bytes of a weight by ModelOpt's ``quant_algo`` (SGLang 0.5.23
``layers/quantization/modelopt_quant.py``)."""

METHODS = {"mxfp4": MXFP4, "mxfp8": 1 + 1 / 32, "bitsandbytes": 0.5 + 4 / 64}
"""Bytes of a weight by methods that have one kind; bitsandbytes' is its NF4."""

INTEGERS = frozenset({"awq", "gptq", "auto-round"})
"""Methods of integers in groups."""

FLOATS = {(4, 16): FP4, (4, 32): MXFP4, (8, 32): 1 + 1 / 32}
"""Bytes of a weight by its bits and the weights that share a scale, of floating-point groups."""

KEPT = ("modules_to_not_convert", "ignore", "exclude_modules", "ignored_layers")
"""Keys of a list of what is not quantized."""

SCALE = 2.0
"""Bytes of the scale of a group, FP16 or BF16; a block of FP8 has one of 4."""

PREFIXES = compile_pattern(r"^((model|language_model|text_model|backbone|transformer)\.)+")
WORDS = (
    (compile_pattern(r"\b(mixer|block_sparse_moe|ffn|feed_forward|moe)\b"), "mlp"),
    (compile_pattern(r"\b(shared_experts?|share_expert)\b"), "shared_experts"),
)
SYNONYMS = (
    (compile_pattern(r"\bmixer\.(?=(q|k|v|o)_proj)"), "self_attn."),
    (compile_pattern(r"\bmixer\.(?=(in_proj|out_proj|conv1d))"), "linear_attn."),
    *WORDS,
    (compile_pattern(r"(?<=\.)attn\b"), "self_attn"),
    (compile_pattern(r"\b(w[13]|up_proj)\b"), "gate_proj"),
    (compile_pattern(r"\bw2\b"), "down_proj"),
    (compile_pattern(r"^head$"), "lm_head"),
    (compile_pattern(r"^embeddings$"), "embed_tokens"),
)
"""What families call the parts that :mod:`deployer.facts.models.parts` names in one way."""

NUMBER = compile_pattern(r"(?<=\blayers\.)(\d+|<[\d,-]+>)(?P<rest>\*?)")
EXPERT = compile_pattern(r"(?<=\bexperts\.)\d+")
ANCHOR = compile_pattern(r"\^(?:(?:model|language_model)(?:\\?\.))+")
MOST = 256
"""A number of layers that no model has."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A pattern of names, the layers that it holds for (None: any), and the bytes of a weight."""

    pattern: re.Pattern[str]
    layers: frozenset[int] | None
    each: float


@dataclass(frozen=True, slots=True)
class Quantization:
    """How weights are stored: the first rule that holds, else ``default``.

    ``method`` is the checkpoint's ``quant_method``, empty for none; ``block`` the rows and columns
    that share a scale in block-wise FP8, zeros elsewhere. ``floats`` says that they are no
    integers, ``unknown`` why the bytes are not known, empty where they are.
    """

    method: str = ""
    default: float = PLAIN
    rules: tuple[Rule, ...] = ()
    block: tuple[int, int] = (0, 0)
    floats: bool = True
    unknown: str = ""

    def each(self, name: str, layer: int | None = None) -> float:
        """Give the bytes of a weight of a linear layer: ``name`` has `#` for the layer's number."""
        for rule in self.rules:
            if rule.layers is not None and layer not in rule.layers:
                continue
            if rule.pattern.search(name):
                return rule.each
        return self.default

    def signature(self, layer: int) -> tuple[bool, ...]:
        """Say which rules may hold for a layer: layers with one signature are quantized alike."""
        return tuple(rule.layers is None or layer in rule.layers for rule in self.rules)


def read(config: Config) -> Quantization:
    """Read the quantization of a model's configuration; what is not known is in ``unknown``."""
    said = config.get("quantization_config") or config.get("compression_config")
    if not said:
        return Quantization()
    method = str(said.get("quant_method") or ("modelopt" if said.get("quant_algo") else ""))
    try:
        return _read(method, {**said, **_inner(said)}, config)
    except (KeyError, TypeError, ValueError, AttributeError, re.error) as error:
        reason = f"`quantization_config` of `quant_method: {method}` is not understood: {error}"
        return Quantization(method=method, unknown=reason)


def cache_algorithm(config: Config) -> str:
    """Give how the checkpoint wants its cache quantized (`FP8`, ...), empty where it says nothing.

    Only ModelOpt's are heeded for `auto`: 0.5.10.post1 ``model_executor/model_runner.py:1903`` and
    0.5.23 ask the loaded model for ``kv_cache_quant_algo``, which no other method has.
    """
    said = config.get("quantization_config") or {}
    if not str(said.get("quant_method") or "modelopt").startswith("modelopt"):
        return ""
    inner = {**said, **_inner(said)}
    if scheme := inner.get("kv_cache_scheme"):
        if isinstance(scheme, Mapping) and scheme.get("type") == "float":
            return {8: "FP8", 4: "NVFP4"}.get(scheme.get("num_bits", 0), "")
        return ""
    return str(inner.get("kv_cache_quant_algo") or "")


def engine_method(said: Config) -> str:
    """Give the method as the engine names it: ModelOpt's by its algorithm, others as they are.

    Source: 0.5.23 ``configs/model_config.py``, ``_parse_modelopt_quant_config``.
    """
    method = str(said.get("quant_method") or ("modelopt" if said.get("quant_algo") else ""))
    algorithm = str({**said, **_inner(said)}.get("quant_algo") or "")
    if not method.startswith("modelopt") or not algorithm:
        return method
    if algorithm == "MIXED_PRECISION":
        return "modelopt_mixed"
    if algorithm == "MXFP8":
        return "mxfp8"
    return "modelopt_fp4" if "FP4" in algorithm else "modelopt_fp8"


def general(name: str) -> tuple[str, frozenset[int] | None]:
    """Take the number of the layer out of a name: ``#`` stands there, and for which it holds."""
    plain = EXPERT.sub("0", PREFIXES.sub("", name))
    layers: frozenset[int] | None = None
    if found := NUMBER.search(plain):
        rest = found.group("rest")
        layers = frozenset(_numbers(found.group(1), open_ended=bool(rest)))
        plain = f"{plain[: found.start()]}#{rest}{plain[found.end() :]}"
    return _in_our_words(plain), layers


@functools.lru_cache(maxsize=1024)
def _in_our_words(plain: str) -> str:
    """Say the parts of a name as they are called here; layers differ in nothing else."""
    for pattern, word in SYNONYMS:
        plain = pattern.sub(word, plain)
    return plain


def _numbers(text: str, *, open_ended: bool) -> Iterator[int]:
    if not text.startswith("<"):
        yield from (
            (at for at in range(MOST) if str(at).startswith(text)) if open_ended else (int(text),)
        )
        return
    for part in text[1:-1].split(","):
        first, _, last = part.partition("-")
        yield from range(int(first), int(last or first) + 1)


def _inner(said: Config) -> Config:
    found = said.get("quantization")
    return found if isinstance(found, Mapping) else {}


def _read(method: str, said: Config, config: Config) -> Quantization:
    block = _block(said) if method == "fp8" else (0, 0)
    kept = "modules_to_not_convert" if method == "fp8" and said.get("quantized_layers") else ""
    rules = [*_kept(said, kept), *_named(said)]
    if method == "compressed-tensors":
        rules += _groups(said)
    default = _default(method, said)
    if method == "mxfp4":
        rules.append(Rule(re.compile(r"\bmlp\.experts\b"), None, MXFP4))
        default = PLAIN
    if config.get("expert_dtype") == "fp4" and not said.get("quantized_layers"):
        rules.append(Rule(re.compile(r"\bmlp\.experts\b"), None, MXFP4))
    if not any(rule.pattern.search("lm_head") for rule in rules):
        rules.append(Rule(re.compile(r"^lm_head$"), None, PLAIN))
    return Quantization(
        method=method,
        default=default,
        rules=tuple(rules),
        block=block,
        floats=_floats(method, said),
    )


def _floats(method: str, said: Config) -> bool:
    """Whether weights are floating-point numbers."""
    groups = said.get("config_groups") or {}
    if method == "compressed-tensors":
        return any((one.get("weights") or {}).get("type") == "float" for one in groups.values())
    return method not in INTEGERS


def _block(said: Config) -> tuple[int, int]:
    found = said.get("weight_block_size")
    return (int(found[0]), int(found[1])) if found else (0, 0)


def _default(method: str, said: Config) -> float:
    """Give the bytes of a weight that no rule names; raises ValueError for an unknown method."""
    if method in {"fp8", "fbgemm_fp8"}:
        rows, columns = _block(said)
        return 1 + (4 / (rows * columns) if rows else 0)
    if method.startswith("modelopt"):
        return _modelopt(said)
    if method in INTEGERS:
        bits = int(said.get("bits") or said.get("w_bit") or 4)
        group = int(said.get("group_size") or said.get("q_group_size") or 128)
        return _grouped(bits, group, zeros=True)
    if method == "compressed-tensors":
        return _compressed(said)
    if method not in METHODS:
        message = f"`quant_method: {method}` is not known here"
        raise ValueError(message)
    return METHODS[method]


def _modelopt(said: Config) -> float:
    algorithm = str(said.get("quant_algo"))
    if algorithm == "MIXED_PRECISION":
        return PLAIN
    if algorithm not in ALGORITHMS:
        message = f"`quant_algo: {algorithm}` is not known here"
        raise ValueError(message)
    return ALGORITHMS[algorithm]


def _compressed(said: Config) -> float:
    """Read the group of weights that is for every linear layer, or the only one that there is."""
    groups = list(said.get("config_groups", {}).values())
    found = {_group(one.get("weights") or {}) for one in groups if "Linear" in _targets(one)}
    if len(found) == 1:
        return found.pop()
    if groups and not found:
        return PLAIN
    message = "`config_groups` has weights of several sizes for one layer, or of none"
    raise ValueError(message)


def _targets(group: Config) -> list[str]:
    return [str(one) for one in group.get("targets") or ("Linear",)]


def _groups(said: Config) -> Iterator[Rule]:
    """Give the rules of the groups that are for some linear layers."""
    for group in said.get("config_groups", {}).values():
        named = [name for name in _targets(group) if name != "Linear"]
        if named:
            each = _group(group.get("weights") or {})
            yield from _rules((name, each) for name in sorted(named))


def _group(weights: Config) -> float:
    bits, group = int(weights.get("num_bits", 0)), int(weights.get("group_size") or 0)
    if not bits:
        message = "`config_groups` does not say the bits of a weight"
        raise ValueError(message)
    if weights.get("type") == "float" and (bits, group) in FLOATS:
        return FLOATS[(bits, group)]
    if structure := weights.get("block_structure"):
        return 1 + 4 / (int(structure[0]) * int(structure[1]))
    return _grouped(bits, group, zeros=not weights.get("symmetric", True))


def _grouped(bits: int, group: int, *, zeros: bool) -> float:
    extra = SCALE + (bits / 8 if zeros else 0)
    return bits / 8 + (extra / group if group > 0 else 0)


def _kept(said: Config, only: str) -> Iterator[Rule]:
    """Give the rules of what is not quantized: the other lists of a mixed one are for FP4 alone."""
    keys = (only,) if only else KEPT
    names = {str(name) for key in keys for name in (said.get(key) or ())}
    return _rules((name, PLAIN) for name in sorted(names))


def _named(said: Config) -> Iterator[Rule]:
    """Give the rules of what is quantized by name."""
    found = said.get("quantized_layers") or {}
    return _rules((name, ALGORITHMS[str(one["quant_algo"])]) for name, one in sorted(found.items()))


def _rules(named: Iterable[tuple[str, float]]) -> Iterator[Rule]:
    """Join the names that differ in the number of their layer."""
    found: dict[tuple[str, float], set[int] | None] = {}
    for name, each in named:
        if name.startswith("re:"):
            found[(name, each)] = None
            continue
        pattern, layers = general(name)
        before = found.get((pattern, each), set())
        joined = None if layers is None or before is None else before | layers
        found[(pattern, each)] = joined
    for (pattern, each), numbers in found.items():
        layers = None if numbers is None else frozenset(numbers)
        yield Rule(_pattern(pattern), layers, each)


def _pattern(name: str) -> re.Pattern[str]:
    """Compile a name as the engine matches it: a path of whole words, `*` for anything."""
    if name.startswith("re:"):
        text = ANCHOR.sub("^", name.removeprefix("re:"))
        for pattern, word in WORDS:
            text = pattern.sub(word, text)
        return re.compile(text)
    text = re.escape(name).replace(r"\*", ".*").replace(r"\#", "#")
    if "*" in name:
        return re.compile(rf"^{text}(\.|$)")
    return re.compile(rf"(^|\.){text}(\.|$)")
