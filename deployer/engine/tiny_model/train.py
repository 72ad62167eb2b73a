"""Make the tiny model: tokenizer, training, examination, files. Run with the engine's python.

    python train.py --output DIR

Prints one line of JSON for every few steps: ``{"step": 40, "steps": 300, "loss": 0.4}``. Training
ends when the model passes its examination (every token of ``corpus.exam()`` is its first choice, in
the precision it is saved in), and fails with exit status 1 when it has not after MOST_STEPS.

The shape is a Qwen3 because SGLang serves that with plain torch layers
(``sglang/srt/models/qwen3.py``); the template and the special tokens are those of the GLM family,
so that the reasoning parser ``glm45`` and the tool parser ``glm47`` have real work.
"""

import argparse
import json
import math
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from random import Random

import torch
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast, Qwen3Config, Qwen3ForCausalLM

sys.path.insert(0, str(Path(__file__).parent))
import corpus
import phrases

SEED = 20240
STEPS, MOST_STEPS, BETWEEN_EXAMS = 300, 900, 20
FORGIVEN = 0.05
"""The share of an examination that may be wrong where it is not vital."""

WARM_UP = 20
MATRIX_RATE, OTHER_RATE = 0.03, 8e-3
CONTEXT = 16384
"""Positions the configuration promises. Learned are prompts up to about 2,000 tokens."""

VOCABULARY = 1200
CONTROL = [
    "<|endoftext|>",
    "[gMASK]",
    "<sop>",
    "<|system|>",
    "<|user|>",
    "<|assistant|>",
    "<|observation|>",
]
VISIBLE = [
    "<think>",
    "</think>",
    "<tool_call>",
    "</tool_call>",
    "<tool_response>",
    "</tool_response>",
    "<tools>",
    "</tools>",
    "<arg_key>",
    "</arg_key>",
    "<arg_value>",
    "</arg_value>",
]
"""Visible tokens survive ``skip_special_tokens``: SGLang's parsers look for their text."""

POOL = 600
"""Lessons drawn at a time, to be sorted by length."""

BATCH_TOKENS, PRACTICE_TOKENS, LONG_EVERY = 2000, 1500, 3
"""Tokens of a batch of drawn lessons, and of examination questions; one long batch in three."""
LONG_PROMPTS = (300, 600, 1000, 2000)
"""Tokens of a batch of ordinary lessons, and of the filler in a long one, about."""

COPIED = {*phrases.CITIES, *phrases.CONDITIONS, *phrases.CAPITALS, "weather", "time"}
COPIED_WEIGHT = 5.0
"""Words that depend on one word of the prompt, and how much more they count than the others."""

Sample = tuple[list[int], list[float]]
"""Token ids, each with its weight in the loss: 0 for what is read only."""


def main() -> int:
    """Train, examine, save."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--output", type=Path, required=True)
    output = parser.parse_args().output
    output.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(SEED)
    # One thread: products of this size gain nothing from a second, and beside any other busy
    # process the threads wait for each other at every one (measured: 40 times slower).
    torch.set_num_threads(1)
    tokenizer = make_tokenizer()
    model = make_model(tokenizer)
    lessons = corpus.exam()
    examination = [sample(tokenizer, lesson) for lesson in lessons]
    vital = [sample(tokenizer, lesson) for lesson in lessons if corpus.is_vital(lesson)]
    passed = train(model, tokenizer, examination, vital)
    if not passed:
        print("the model has not passed its examination", file=sys.stderr)
        return 1
    save(model, tokenizer, output)
    return 0


def make_tokenizer() -> PreTrainedTokenizerFast:
    """Train a byte-level BPE on the corpus. JSON's punctuation stays single tokens.

    A grammar then never finds that the model's favourite token joins two pieces of syntax. Names
    are split from the space before them: a city is the same token wherever it stands.
    """
    rng = Random(SEED)
    alone = "|".join([r'[{}\[\]":,]', "[A-Z][a-z]+", *phrases.CONDITIONS])
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(alone), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    drawn = [corpus.draw(rng) for _ in range(1500)]
    texts = ["".join(text for text, _ in lesson.parts) for lesson in [*drawn, *corpus.exam()]]
    texts += [str(message["content"]) for lesson in drawn for message in lesson.messages]
    texts += [json.dumps(lesson.tools) for lesson in drawn]
    texts += [" ".join(phrases.WORDS), " ".join(phrases.FILLER), phrases.STORY] * 20
    names = [*phrases.CITIES, *phrases.CAPITALS, *phrases.CONDITIONS]
    texts += [f'{name}"{name} {name}' for name in names] * 40
    tokenizer.train_from_iterator(
        (re.sub("<[^>]*>", " ", text) for text in texts),
        trainers.BpeTrainer(
            vocab_size=VOCABULARY,
            special_tokens=CONTROL,
            show_progress=False,
            initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        ),
    )
    tokenizer.add_tokens([AddedToken(text, normalized=False, special=False) for text in VISIBLE])
    made = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        eos_token=CONTROL[0],
        pad_token=CONTROL[0],
        additional_special_tokens=CONTROL[1:],
        model_max_length=CONTEXT,
        clean_up_tokenization_spaces=False,
    )
    made.chat_template = (Path(__file__).parent / "files" / "chat_template.jinja").read_text(
        "utf-8"
    )
    return made


def make_model(tokenizer: PreTrainedTokenizerFast) -> Qwen3ForCausalLM:
    """Build the untrained network: two layers of width 64."""
    ends = tokenizer.convert_tokens_to_ids([corpus.END, corpus.USER, corpus.OBSERVATION])
    model = Qwen3ForCausalLM(
        Qwen3Config(
            vocab_size=len(tokenizer),
            hidden_size=64,
            intermediate_size=192,
            num_hidden_layers=2,
            num_attention_heads=4,
            num_key_value_heads=2,
            head_dim=32,
            tie_word_embeddings=True,
            max_position_embeddings=CONTEXT,
            rope_theta=10_000.0,
            eos_token_id=ends,
            pad_token_id=ends[0],
            bos_token_id=None,
            attn_implementation="sdpa",
            initializer_range=0.08,
        )
    )
    model.generation_config.eos_token_id = ends
    # Without a temperature SGLang samples as this file says; so small a model wanders off at 1.0.
    model.generation_config.do_sample = True
    model.generation_config.top_k = 1
    return model


def sample(tokenizer: PreTrainedTokenizerFast, lesson: corpus.Lesson) -> Sample:
    """Turn a lesson into token ids with their weights."""
    prompt = lesson.text
    if lesson.messages:
        prompt = tokenizer.apply_chat_template(
            lesson.messages,
            tools=lesson.tools or None,
            enable_thinking=lesson.thinking,
            add_generation_prompt=True,
            tokenize=False,
        )
    text, learned = prompt, [False] * len(prompt)
    for part, wanted in lesson.parts:
        text += part
        learned += [wanted] * len(part)
    encoded = tokenizer(text, return_offsets_mapping=True, add_special_tokens=False)
    weights = [
        (COPIED_WEIGHT if text[start:end].strip() in COPIED else 1.0) if learned[start] else 0.0
        for start, end in encoded["offset_mapping"]
    ]
    return encoded["input_ids"], weights


def short_batches(tokenizer: PreTrainedTokenizerFast, rng: Random) -> Iterator[list[Sample]]:
    """Draw batches of ordinary lessons for ever, each of about the same length inside.

    Padding costs time, so the pool is sorted by length and a batch is a run of neighbours.
    """
    pool: list[Sample] = []
    while True:
        if len(pool) < POOL // 3:
            pool += [sample(tokenizer, corpus.draw(rng)) for _ in range(POOL)]
            pool.sort(key=lambda item: len(item[0]))
        start = rng.randrange(0, len(pool) - 40)
        size = max(8, min(40, BATCH_TOKENS // len(pool[start][0])))
        yield pool[start : start + size]
        del pool[start : start + size]


def long_batches(tokenizer: PreTrainedTokenizerFast, rng: Random) -> Iterator[list[Sample]]:
    """Draw a story and three times long prompts by turns, for ever."""
    while True:
        yield [sample(tokenizer, corpus.draw_story(rng))]
        for tokens in rng.sample(LONG_PROMPTS, 3):
            lessons = [corpus.draw_long(rng, tokens) for _ in range(max(1, 2000 // tokens))]
            yield [sample(tokenizer, lesson) for lesson in lessons]


def cut(samples: list[Sample], tokens: int) -> list[list[Sample]]:
    """Cut samples into batches of neighbours in length, of about ``tokens`` with the padding."""
    batches: list[list[Sample]] = []
    for item in sorted(samples, key=lambda each: len(each[0])):
        if not batches or (len(batches[-1]) + 1) * len(item[0]) > tokens:
            batches.append([])
        batches[-1].append(item)
    return batches


def loss_and_misses(model: Qwen3ForCausalLM, batch: list[Sample]) -> tuple[torch.Tensor, set[int]]:
    """Compute the mean loss over learned tokens, and the samples in which one is no first choice.

    Samples are padded on the right: with causal attention nothing real sees the padding.
    """
    width = max(len(ids) for ids, _ in batch)
    ids = torch.zeros(len(batch), width, dtype=torch.long)
    weights = torch.zeros(len(batch), width)
    for row, (tokens, weight) in enumerate(batch):
        ids[row, : len(tokens)] = torch.tensor(tokens)
        weights[row, : len(tokens)] = torch.tensor(weight)
    hidden = model.model(input_ids=ids, use_cache=False).last_hidden_state
    learned = weights[:, 1:] > 0
    logits = model.lm_head(hidden[:, :-1][learned])
    targets, share = ids[:, 1:][learned], weights[:, 1:][learned]
    losses = torch.nn.functional.cross_entropy(logits, targets, reduction="none")
    missed = learned.nonzero()[:, 0][logits.argmax(-1) != targets]
    return (losses * share).sum() / share.sum(), set(missed.tolist())


def train(
    model: Qwen3ForCausalLM,
    tokenizer: PreTrainedTokenizerFast,
    examination: list[Sample],
    vital: list[Sample],
) -> bool:
    """Train until the examination is passed; False when it is not after MOST_STEPS.

    Passed is one with nothing wrong in ``vital`` and at most FORGIVEN of all wrong. The questions
    of the examination are practised along with the other lessons; after the first one, those
    that were wrong more than the rest.
    """
    rng = Random(SEED)
    optimizers = make_optimizers(model)
    short = short_batches(tokenizer, rng)
    long = long_batches(tokenizer, rng)
    practice = cut(examination, PRACTICE_TOKENS)
    wrong: list[list[Sample]] = []
    for step in range(1, MOST_STEPS + 1):
        lessons = [next(short), rng.choice(wrong if wrong and step % 2 else practice)]
        if step % LONG_EVERY == 0:
            lessons.append(next(long))
        loss = learn(model, lessons, optimizers, rate(step))
        if step % 10 == 0:
            line = {"step": step, "steps": STEPS, "loss": round(loss, 4)}
            print(json.dumps(line), flush=True)
        if step >= STEPS and (step - STEPS) % BETWEEN_EXAMS == 0:
            missed = examine(model, examination)
            if len(missed) <= FORGIVEN * len(examination) and not any(v in missed for v in vital):
                return True
            wrong = cut(missed, PRACTICE_TOKENS)
    return False


def learn(
    model: Qwen3ForCausalLM,
    lessons: list[list[Sample]],
    optimizers: list[tuple[torch.optim.Optimizer, float]],
    scale: float,
) -> float:
    """Take one step on several batches; return their summed loss."""
    model.zero_grad(set_to_none=True)
    total = 0.0
    for batch in lessons:
        loss, _ = loss_and_misses(model, batch)
        loss.backward()
        total += loss.item()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    for optimizer, peak in optimizers:
        for group in optimizer.param_groups:
            group["lr"] = peak * scale
        optimizer.step()
    return total


def make_optimizers(model: Qwen3ForCausalLM) -> list[tuple[torch.optim.Optimizer, float]]:
    """Pair each optimizer with its peak rate: Muon for matrices, AdamW for embedding and norms.

    Muon needs about half the steps here (measured against AdamW alone).
    """
    layers = [weight for weight in model.model.layers.parameters() if weight.ndim > 1]
    known = {id(weight) for weight in layers}
    others = [weight for weight in model.parameters() if id(weight) not in known]
    return [
        (torch.optim.Muon(layers, MATRIX_RATE, weight_decay=0.01), MATRIX_RATE),
        (torch.optim.AdamW(others, OTHER_RATE, betas=(0.9, 0.95), weight_decay=0.0), OTHER_RATE),
    ]


def rate(step: int) -> float:
    """Scale the learning rate: up within WARM_UP steps, then down along a cosine to a fiftieth."""
    if step < WARM_UP:
        return step / WARM_UP
    return 0.02 + 0.98 * (1 + math.cos(math.pi * min(1.0, step / STEPS))) / 2


def examine(model: Qwen3ForCausalLM, examination: list[Sample]) -> list[Sample]:
    """Examine a copy in bfloat16, the precision that is saved and served; return what is wrong."""
    copy = make_copy(model)
    wrong: list[Sample] = []
    with torch.no_grad():
        for batch in cut(examination, 2 * BATCH_TOKENS):
            wrong += [batch[row] for row in sorted(loss_and_misses(copy, batch)[1])]
    print(json.dumps({"examined": len(examination), "wrong": len(wrong)}), flush=True)
    return wrong


def make_copy(model: Qwen3ForCausalLM) -> Qwen3ForCausalLM:
    """Copy the network with its weights rounded to bfloat16."""
    copy = Qwen3ForCausalLM(model.config).eval()
    copy.load_state_dict({k: v.to(torch.bfloat16).float() for k, v in model.state_dict().items()})
    return copy


def save(model: Qwen3ForCausalLM, tokenizer: PreTrainedTokenizerFast, output: Path) -> None:
    """Write weights in bfloat16, configuration, tokenizer and template."""
    model.to(torch.bfloat16).save_pretrained(output)
    tokenizer.save_pretrained(output)


if __name__ == "__main__":
    sys.exit(main())
