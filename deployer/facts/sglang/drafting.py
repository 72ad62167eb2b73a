"""Which models SGLang can draft for with layers of their own checkpoint (multi-token prediction).

Source: 0.5.9 ``configs/model_config.py:276-336`` and 0.5.23 ``configs/model_config.py:1032-1210``,
where the class of a model becomes that of its draft; those that came with DSPARK beside them.
"""

OWN_DRAFT = frozenset({
    "DeepseekV3ForCausalLM", "DeepseekV32ForCausalLM", "DeepseekV4ForCausalLM",
    "DeepseekV41ForCausalLM", "GlmMoeDsaForCausalLM", "Glm4MoeForCausalLM",
    "Glm4MoeLiteForCausalLM", "Glm5NextForConditionalGeneration", "GlmOcrForConditionalGeneration",
    "LongcatFlashForCausalLM", "MiMoForCausalLM", "MiMoV2ForCausalLM", "MiMoV2FlashForCausalLM",
    "Step3p5ForCausalLM", "Step3p7ForConditionalGeneration", "InklingForConditionalGeneration",
    "GigaChat35ForCausalLM", "BailingMoeForCausalLM", "BailingMoeV2ForCausalLM",
    "BailingMoeV2_5ForCausalLM", "BailingMoeV3ForCausalLM",
    "BailingMoeV3VLForConditionalGeneration", "Ernie4_5_MoeForCausalLM", "Qwen3NextForCausalLM",
    "Qwen4ExpForConditionalGeneration", "Qwen3MoeForCausalLM", "Qwen3_5ForConditionalGeneration",
    "Qwen3_5MoeForConditionalGeneration", "Qwen3_5ForCausalLM", "Qwen3_5MoeForCausalLM",
    "InternS2PreviewForConditionalGeneration", "InternS2MobiusForConditionalGeneration",
    "ExaoneMoEForCausalLM", "ExaoneMoeForCausalLM", "NemotronHForCausalLM",
    "NemotronHPuzzleForCausalLM", "NemotronH_Omni_Reasoning_V3", "HYV3ForCausalLM",
    "HYV4ForCausalLM", "Dots3NoteForCausalLM", "IQuestQ1ForCausalLM", "MistralLarge3ForCausalLM",
    "PixtralForConditionalGeneration", "KimiK25ForConditionalGeneration",
    "KimiK3ForConditionalGeneration", "LagunaForCausalLM", "MuseGlimmerForConditionalGeneration",
})  # fmt: skip
"""Classes of which some checkpoints bring a draft, and of which it is not known that none does."""

NEEDS_DRAFT = frozenset({"EAGLE3", "STANDALONE", "DFLASH"})
"""Algorithms that always need a draft model of its own (0.5.23 ``arg_groups/speculative_hook.py``
refuses DFLASH without one; for EAGLE3 sgl-project/sglang#36528)."""

COUNTS = ("num_nextn_predict_layers", "mtp_num_hidden_layers", "num_mtp_layers", "n_predict")
"""Keys of a configuration that count the layers which draft."""
