"""What starts took by stage, what each cache of kernels saved, and which files were alike."""

from __future__ import annotations

from typing import Any

from page import section

PLAIN = "warm-no-walk"
"""The case that has every cache, and walks over none."""

HEAD = (
    "case", "variables", "empty caches", "beside", "ready", "imports", "weights", "prefill graphs",
    "decode graphs", "then", "files made",
)  # fmt: skip

NOTE = """Two layers of Qwen3-235B in FP8, seconds by the engine's own log; "then" is from its
startup timings until it is fired up, while it asks itself. The cases of a stage start side by side:
"beside" says how many others there were."""


def of(result: dict[str, Any]) -> str:
    """Write both tables, and what they say."""
    rows = [" | ".join(HEAD)]
    for case in result["cases"]:
        took = stages(case)
        env = [f"{name}={value}" for name, value in (case["env"] or {}).items()]
        empty = [name for name, told in case["made"].items() if told["new"] and not told["had"]]
        rows.append(
            f"{case['name']} | {' '.join(env)} | {', '.join(empty) or 'none'} | {case['beside']} | "
            f"{case['ready_s']:.0f} s | {took['imports']:.0f} s | {took['weights']:.1f} s | "
            f"{took['prefill']:.1f} s | {took['decode']:.1f} s | {took['then']:.1f} s | "
            f"{sum(told['new'] for told in case['made'].values())}"
        )
    note = f"{NOTE} {costs(result)}\n\n{_alike(result)}"
    return section("Start and caches of kernels", result, rows, note)


def again(result: dict[str, Any]) -> str:
    """Write the starts of one case that found more and more kernels; nothing where there are none.

    Seconds of a stage are from the end of the one before, of the first rank.
    """
    if "starts" not in result:
        return ""
    lines = ["| kernels found | pools | fused all-reduce | graphs, one after another | serving |"]
    lines.append("|---|---|---|---|---|")
    for each in result["starts"]:
        at: dict[str, float] = {}
        for step in each["steps"]:
            at[step["step"]] = step["at"]
        graphs = [
            f"{step['seconds']:.1f} s" for step in each["steps"] if step["step"] == "captured"
        ]
        end = f"after {each['seconds']:.0f} s" if each["reached"] else "was ended before"
        lines.append(
            f"| {each['found']} | after {at['pool']:.0f} s | {at['fused'] - at['pool']:.0f} s | "
            f"{', '.join(graphs) or 'none was done'} | {end} |"
        )
    return "\n".join(lines)


def stages(case: dict[str, Any]) -> dict[str, float]:
    """Give the seconds of a start's stages, by the engine's log."""
    at = {each["step"]: each["at"] for each in case["steps"]}
    took = {"imports": at["joined"], "then": round(case["ready_s"] - at["timings"], 2)}
    for each in case["steps"]:
        if each["step"] == "loaded":
            took["weights"] = each["seconds"]
        elif each["step"] == "captured":
            took["prefill" if "prefill" in each["what"] else "decode"] = each["seconds"]
    return took


def costs(result: dict[str, Any]) -> str:
    """Say what each start took longer than the one that had everything, imports left out."""
    by_name = {case["name"]: case for case in result["cases"]}
    least = _work(by_name[PLAIN])
    told = [
        f"{name} {_work(case) - least:.0f} s" for name, case in by_name.items() if name != PLAIN
    ]
    return f"After the imports these took longer than `{PLAIN}`: {', '.join(told)}."


def _work(case: dict[str, Any]) -> float:
    return float(case["ready_s"] - stages(case)["imports"])


def _alike(result: dict[str, Any]) -> str:
    lines = [
        "| one | other | cache | files in both | same bytes | only in one |",
        "|---|---|---|---|---|---|",
    ]
    for pair in result["alike"]:
        for name, told in pair["caches"].items():
            if told["both"] or told["only_one"]:
                lines.append(
                    f"| {pair['one']} | {pair['other']} | {name} | {told['both']} | "
                    f"{told['same']} | {told['only_one']} and {told['only_other']} |"
                )
    told = [
        f"`{pair['one']}` and `{pair['other']}` {kernels(pair)}"
        for pair in result["alike"]
        if pair.get("files")
    ]
    return "\n".join([*lines, "", f"DeepGEMM: {'; '.join(told)}."])


def kernels(pair: dict[str, Any]) -> str:
    """Say of two caches of DeepGEMM's which sources and which machine code are the same."""
    said = []
    for end, what in ((".cu", "sources"), (".cubin", "pieces of machine code")):
        both = [digests for name, digests in pair["files"].items() if name.endswith(end)]
        said.append(f"{sum(one == other for one, other in both)} of {len(both)} {what}")
    return f"have the same names, and the same bytes in {' and in '.join(said)}"


def loading(result: dict[str, Any]) -> str:
    """Write what the engine's own rank took to load."""
    rows = ["case | words | seconds | weights"]
    for case in result["cases"]:
        loaded = next(each for each in case["steps"] if each["step"] == "loaded")
        rows.append(
            f"{case['name']} | {' '.join(case['words'])} | {loaded['seconds']:.2f} | "
            f"{loaded['taken']:.2f} GiB"
        )
    note = "Six layers of Qwen3-32B, in no page cache at first, by the engine's own log."
    return section("Loading", result, rows, note)
