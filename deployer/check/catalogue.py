"""Every check, listed by hand: what is not here does not run."""

from __future__ import annotations

from deployer.check.checks import (
    api_key_without_secret,
    args_repeat_a_field,
    cache_variable_contradicts,
    containers_min_above_max,
    draft_tokens_contradict,
    drain_beyond_platform,
    gpus_unused,
    host_out_of_reach,
    public_without_key,
    secret_in_profile,
    sm100_kernels_elsewhere,
    startup_beyond_timeout,
    target_lacks_parts,
    warmup_without_parser,
)
from deployer.check.rule import Rule

RULES: tuple[Rule, ...] = (
    api_key_without_secret.RULE,
    args_repeat_a_field.RULE,
    cache_variable_contradicts.RULE,
    containers_min_above_max.RULE,
    draft_tokens_contradict.RULE,
    drain_beyond_platform.RULE,
    gpus_unused.RULE,
    host_out_of_reach.RULE,
    public_without_key.RULE,
    secret_in_profile.RULE,
    sm100_kernels_elsewhere.RULE,
    startup_beyond_timeout.RULE,
    target_lacks_parts.RULE,
    warmup_without_parser.RULE,
)
"""All checks, in the order of their names."""
