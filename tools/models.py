"""Write the shipped facts of models from their own configurations.

    python -m tools.models FOLDER --source "where they were read" [--only REPO ...]

FOLDER holds `ORG--NAME_config.json`, and `ORG--NAME_hf_quant_config.json` beside it where there is
one. What memory does not depend on is left out, names that differ in the number of a layer are
joined to one, and what is then understood of a model is compared with what was before. A model
that is already there keeps its line unless it is named.
"""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from deployer.facts.models.catalogue import FILE
from deployer.facts.models.checkpoint import CONFIG, Checkpoint, from_files
from deployer.facts.models.config import BESIDE, with_quantization
from deployer.facts.models.parts import every
from deployer.facts.models.quantization import EXPERT, NUMBER

Config = Mapping[str, Any]

LEFT_OUT = re.compile(
    r"^(_.*|auto_map|.*token(_id|_index|_ids)?s?|.*dropout.*|initializer_.*|transformers_version|rms_norm_eps"
    r"|.*_eps(ilon)?|use_cache|id2label|label2id|.*router_aux.*|rope_theta|output_(attentions|hidden.*)"
    r"|top_[kp]|temperature|typical_p|num_beam.*|no_repeat.*|.*length_penalty|diversity_penalty|do_sample"
    r"|early_stopping|.*_words_ids|begin_suppress.*|is_decoder|return_dict.*|problem_type|prefix"
    r"|torchscript|tf_legacy_loss|use_bfloat16|task_specific_params|finetuning_task|pruned_heads"
    r"|repetition_penalty|remove_invalid_values|sep_.*|suppress_.*|forced_.*|max_length|min_length"
    r"|num_return_sequences|cross_attention.*|add_cross_attention|chunk_size_feed_forward|tie_encoder.*"
    r"|exponential_decay.*|encoder_no_repeat.*|decoder_start.*|ignore_index|.*placeholder.*|time_step.*"
    r"|.*scoring_func|topk_method|norm_topk_prob|routed_scaling_factor|n_group|topk_group|rescale_.*"
    r"|.*residual_in_fp32|num_logits_to_keep|aux_loss.*|seq_aux|.*sinkhorn.*|swiglu_.*|.*softcapping"
    r"|pretraining_tp|producer|ep_size|activation_situ.*|use_bidirectional.*|language_model_only"
    r"|vision_soft.*|input_activations|output_activations|observer.*|format|.*compression_ratio"
    r"|quantization_status|actorder|dynamic|zp_dtype|scale_dtype|activation_scheme|fmt|scale_fmt"
    r"|quantization|rope_interleave|indexer_rope.*|index_share.*|.*hidden_dropout|chunk_size|use_mamba.*"
    r"|moe_renormalize|use_grouped.*|architectures_.*)$"
)
"""Keys that no weight, no cache and no choice of kernels depends on."""

KEPT = frozenset({"index_topk", "original_max_position_embeddings", "producer_kept"})


def main() -> None:
    """Read the folder and write the file anew."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--source", required=True)
    parser.add_argument("--only", nargs="*", default=[])
    wishes = parser.parse_args()
    lines = dict(_lines())
    for path in sorted(wishes.folder.glob("*_config.json")):
        if path.name.endswith(BESIDE):
            continue
        repo = path.name.removesuffix("_config.json").replace("--", "/", 1)
        if repo in lines and repo not in wishes.only:
            continue
        lines[repo] = line(repo, path, f"{wishes.source}, {path.name}")
    text = "".join(f"{lines[repo]}\n" for repo in sorted(lines))
    FILE.write_text(text, encoding="utf-8")
    print(f"{len(lines)} models, {len(text):,} bytes")


def line(repo: str, path: Path, source: str) -> str:
    """Give the line of one model; raises SystemExit where what is left says something else."""
    config = json.loads(path.read_text("utf-8"))
    beside = path.with_name(path.name.replace("_config.json", f"_{BESIDE}"))
    if beside.is_file():
        config = with_quantization(config, json.loads(beside.read_text("utf-8")))
    short = condensed(config)
    before, after = (from_files(repo, "", {CONFIG: one}, source=source) for one in (config, short))
    if (_seen(before), before.not_understood) != (_seen(after), after.not_understood):
        message = f"{repo}: what is left says something else"
        raise SystemExit(message)
    found = {"repo": repo, "source": source, "config": short}
    return json.dumps(found, separators=(",", ":"))


def condensed(config: Config) -> dict[str, Any]:
    """Leave out what memory does not depend on, and join the names of quantization."""
    return {
        key: _value(key, value)
        for key, value in config.items()
        if key in KEPT or not (LEFT_OUT.match(key) or value is None)
    }


def _value(key: str, value: object) -> object:
    if key == "quantized_layers" and isinstance(value, Mapping):
        names = {_first(name): one["quant_algo"] for name, one in value.items()}
        groups: dict[str, list[str]] = {}
        for name, algorithm in names.items():
            groups.setdefault(algorithm, []).append(name)
        return {
            name: {"quant_algo": algorithm}
            for algorithm, found in groups.items()
            for name in _joined(found)
        }
    if isinstance(value, Mapping):
        return condensed(value)
    if isinstance(value, list) and value and all(isinstance(one, str) for one in value):
        named = key in {"ignore", "exclude_modules", "modules_to_not_convert", "targets"}
        return _joined([_first(name) for name in value]) if named else value
    if isinstance(value, list):
        return [condensed(one) if isinstance(one, Mapping) else one for one in value]
    return value


def _first(name: str) -> str:
    return EXPERT.sub("0", name)


def _joined(names: list[str]) -> list[str]:
    """Join the names that differ in the number of their layer: `layers.<0-2,5>.mlp`."""
    found: dict[tuple[str, str], set[int]] = {}
    alone = []
    for name in names:
        match = NUMBER.search(name)
        if match is None or match.group("rest") or match.group(1).startswith("<"):
            alone.append(name)
            continue
        key = (name[: match.start()], name[match.end() :])
        found.setdefault(key, set()).add(int(match.group(1)))
    joined = [f"{before}<{_ranges(sorted(at))}>{after}" for (before, after), at in found.items()]
    return sorted({*alone, *joined})


def _ranges(numbers: list[int]) -> str:
    parts: list[list[int]] = []
    for number in numbers:
        if parts and number == parts[-1][1] + 1:
            parts[-1][1] = number
        else:
            parts.append([number, number])
    return ",".join(str(a) if a == b else f"{a}-{b}" for a, b in parts)


def _seen(found: Checkpoint) -> object:
    """Give what is understood of a model: its shapes, and the bytes of every part of it."""
    model = found.model
    if model is None:
        return None
    kept = (model.blocks, model.drafts, model.longest, model.beside, model.cache_algorithm)
    stored = (model.quantization.method, model.quantization.block, model.tied, model.cache_unknown)
    return kept, stored, list(every(model))


def _lines() -> Iterator[tuple[str, str]]:
    if FILE.is_file():
        for text in FILE.read_text(encoding="utf-8").splitlines():
            yield json.loads(text)["repo"], text


if __name__ == "__main__":
    main()
