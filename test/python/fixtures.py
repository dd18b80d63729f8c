"""Writes test/fixtures/model: small random checkpoints of every kind, and what transformers says of each, or where it
has Higher-Order Attention, modeling_hon.py.

    python test/python/fixtures.py --output test/fixtures/model

Each folder is a checkpoint plus expected.json, a list of requests:

    {"context": [ids], "continuation": [ids], "logLikelihood": number, "float64": number, "greedy": boolean}

`logLikelihood` comes from float32 logits under a float64 log-softmax, `float64` from the same weights in float64
throughout (but for rotary angles and RMSNorm, which transformers computes in float32).
"""

import argparse
import json
import random
import shutil
import sys
from pathlib import Path

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import AutoModelForCausalLM, GPTNeoXConfig, LlamaConfig, PreTrainedTokenizerFast, Qwen2Config
from transformers.utils import logging

sys.path.insert(0, str(Path(__file__).parents[2] / "src" / "checkpoint"))
import modeling_hon  # noqa: E402
from multihop import make_row  # noqa: E402

VOCABULARY = 64
POSITIONS = 64


def hon(order, projections, inner):
    return {"hon": {"order": order, "projections": list(projections), "inner": inner}}


def rotary(factor, theta=10000.0):
    return {"rope_parameters": {"rope_type": "default", "rope_theta": theta, "partial_rotary_factor": factor}}


def rope(kind, theta=10000.0, **more):
    return {"rope_parameters": {"rope_type": kind, "rope_theta": theta, **more}}


# Config and model, and what the standard config of an architecture has beside what all have.
ARCHITECTURES = {
    "gpt_neox": (GPTNeoXConfig, modeling_hon.GPTNeoXForCausalLM, rotary(0.25)),
    "llama": (LlamaConfig, modeling_hon.LlamaForCausalLM, {"num_key_value_heads": 2}),
    "qwen2": (Qwen2Config, modeling_hon.Qwen2ForCausalLM, {"num_key_value_heads": 2}),
}

QK_SHARED = hon(2, "qk", "shared")
LLAMA = {"architecture": "llama", "stored": torch.bfloat16}
QWEN2 = {"architecture": "qwen2", "stored": torch.bfloat16}
YARN = rope("yarn", 100.0, factor=2.0, beta_fast=2.0, original_max_position_embeddings=32)
# Changes to the standard config of GPT-NeoX, or of another architecture, by the name of the fixture; `stored` and
# `shard` say how the weights are written (in half precision also where nothing but size speaks for it).
CHECKPOINTS = {
    "standard": {},
    "hon-q": hon(2, "q", "separate"),
    "hon-qk": hon(2, "qk", "separate"),
    "hon-qkv": hon(2, "qkv", "separate"),
    "hon-q-shared": hon(2, "q", "shared"),
    "hon-qk-shared": QK_SHARED,
    "hon-qkv-shared": hon(2, "qkv", "shared"),
    "hon-recursive": hon(3, "qk", "shared"),
    "hon-qk-order3": {**hon(3, "qk", "separate"), "stored": torch.float16},
    "hon-qkv-self-order3": hon(3, "qkv", "self"),
    "sequential-residual": {**QK_SHARED, "use_parallel_residual": False, "stored": torch.float16},
    "rotary-full": {**QK_SHARED, **rotary(1.0), "stored": torch.float16},
    "no-attention-bias": {**hon(2, "q", "separate"), "attention_bias": False, "stored": torch.float16},
    "float16": {"stored": torch.float16},
    "bfloat16": {**QK_SHARED, "stored": torch.bfloat16},
    "sharded": {**QK_SHARED, "shard": "30KB"},
    "tied": {"tie_word_embeddings": True},
    "transformers4": rotary(0.5, 500.0),
    "qwen2-tied": {**QWEN2, "stored": torch.float32, "num_key_value_heads": 4, "tie_word_embeddings": True},
    "qwen2-gqa-bf16": {**QWEN2, "num_key_value_heads": 1},
    "qwen2-yarn": {**QWEN2, **YARN},
    "qwen2-transformers4": {**QWEN2, **YARN, "stored": torch.float16},
    "qwen2-hon-qk-shared": {**QWEN2, **QK_SHARED, "tie_word_embeddings": True},
    "qwen2-hon-recursive": {**QWEN2, **hon(3, "qk", "shared")},
    "qwen2-hon-qkv": {**QWEN2, **hon(2, "qkv", "separate"), "tie_word_embeddings": True},
    "llama-untied": {**LLAMA, "stored": torch.float32},
    "llama-biases": {**LLAMA, "attention_bias": True, "mlp_bias": True, **hon(2, "qk", "separate")},
    "llama-head-dim": {**LLAMA, "head_dim": 16},
    "llama-transformers4": {**LLAMA, **rope("linear", 500.0, factor=2.0)},
    "llama-sharded": {**LLAMA, **hon(2, "kv", "shared"), "shard": "20KB"},
    "llama-hon-self": {**LLAMA, **hon(2, "qk", "self"), "head_dim": 16},
    "llama3-rope": {
        **LLAMA,
        **rope(
            "llama3", 16.0, factor=2.0, low_freq_factor=1.0, high_freq_factor=4.0, original_max_position_embeddings=32
        ),
    },
}


def make_tokenizer():
    """A byte-level BPE of 64 tokens over lower-case text: enough to be a tokenizer that is a stranger to no tool."""
    rng = random.Random(0)
    rows = [make_row(rng, "train", 2) for _ in range(50)]
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(vocab_size=VOCABULARY, special_tokens=["<|endoftext|>"], show_progress=False)
    tokenizer.train_from_iterator([" ".join([*row["facts"], row["question"]]) for row in rows], trainer)
    end = "<|endoftext|>"
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, bos_token=end, eos_token=end, unk_token=end, model_max_length=POSITIONS
    )


def make_model(architecture, changes, generator):
    """Weights large enough for attention far from uniform: an error in it moves every figure."""
    make_config, make, standard = ARCHITECTURES[architecture]
    config = make_config(
        **{
            "vocab_size": VOCABULARY,
            "hidden_size": 32,
            "num_hidden_layers": 2,
            "num_attention_heads": 4,
            "intermediate_size": 32,
            "max_position_embeddings": POSITIONS,
            "bos_token_id": 0,
            "eos_token_id": 0,
            "use_cache": False,
            **standard,
            **changes,
        }
    )
    model = make(config)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            parameter.normal_(std=0.25, generator=generator)
            if "norm" in name and name.endswith("weight"):
                parameter.add_(1.0)
    return model


def save(model, tokenizer, folder, stored=torch.float32, shard="1GB"):
    shutil.rmtree(folder, ignore_errors=True)
    model.to(stored).save_pretrained(folder, max_shard_size=shard)
    tokenizer.save_pretrained(folder)
    (folder / "generation_config.json").unlink()


def write_transformers4_config(folder):
    """transformers 4 wrote the rotary settings as keys of their own; `type` is how Qwen2.5's authors write `rope_type`."""
    path = folder / "config.json"
    config = json.loads(path.read_text())
    rope = config.pop("rope_parameters")
    theta, kind = rope.pop("rope_theta"), rope.pop("rope_type")
    if config["model_type"] == "gpt_neox":
        config |= {"rotary_pct": rope["partial_rotary_factor"], "rotary_emb_base": theta, "rope_scaling": None}
    else:
        config |= {"rope_theta": theta, "rope_scaling": {"type": kind, **rope}}
    config["torch_dtype"] = config.pop("dtype")
    path.write_text(json.dumps(config, indent=2) + "\n")


def make_requests(model, generator):
    """(context, continuation) pairs in tokens: from one token each up to the window, some continuations greedy."""

    def random_ids(count):
        return torch.randint(1, VOCABULARY, (count,), generator=generator).tolist()

    lengths = [(1, 1), (1, 7), (POSITIONS - 8, 9)]
    requests = [(random_ids(context), random_ids(continuation)) for context, continuation in lengths]
    for context in (random_ids(1), random_ids(12), random_ids(33)):
        greedy = greedy_continuation(model, context, 4)
        start = random_ids(2)
        requests += [(context, choice) for choice in (greedy, greedy[:1], start + random_ids(3), start + random_ids(1))]
    return requests


def greedy_continuation(model, context, count):
    ids = list(context)
    for _ in range(count):
        ids.append(model(torch.tensor([ids])).logits[0, -1].argmax().item())
    return ids[len(context) :]


def score(model, context, continuation):
    """Log-likelihood of the continuation, and whether each of its tokens is the most probable one."""
    logits = model(torch.tensor([(context + continuation)[:-1]])).logits[0, -len(continuation) :]
    targets = torch.tensor(continuation)
    likelihoods = logits.double().log_softmax(-1).gather(-1, targets[:, None])
    return likelihoods.sum().item(), bool((logits.argmax(-1) == targets).all())


@torch.no_grad()
def expected(folder, architecture, generator):
    has_hon = "hon" in json.loads((folder / "config.json").read_text())
    loader = ARCHITECTURES[architecture][1] if has_hon else AutoModelForCausalLM
    model = loader.from_pretrained(folder, dtype=torch.float32).eval()
    requests = make_requests(model, generator)
    single = [score(model, *request) for request in requests]
    double = [score(model.double(), *request) for request in requests]
    return [
        {
            "context": context,
            "continuation": continuation,
            "logLikelihood": likelihood,
            "float64": exact,
            "greedy": greedy,
        }
        for (context, continuation), (likelihood, greedy), (exact, _) in zip(requests, single, double)
    ]


def main():
    parser = argparse.ArgumentParser(description="Write the small random checkpoints that the tests score.")
    parser.add_argument("--output", type=Path, required=True)
    options = parser.parse_args()
    logging.disable_progress_bar()
    tokenizer = make_tokenizer()
    for seed, (name, changes) in enumerate(CHECKPOINTS.items()):
        generator = torch.Generator().manual_seed(seed)
        changes = dict(changes)
        architecture = changes.pop("architecture", "gpt_neox")
        storage = {key: changes.pop(key) for key in ("stored", "shard") if key in changes}
        folder = options.output / name
        save(make_model(architecture, changes, generator), tokenizer, folder, **storage)
        if name.endswith("transformers4"):
            write_transformers4_config(folder)
        requests = expected(folder, architecture, generator)
        lines = ",\n".join(json.dumps(request) for request in requests)
        (folder / "expected.json").write_text(f"[\n{lines}\n]\n")
        difference = max(abs(request["logLikelihood"] - request["float64"]) for request in requests)
        greedy = sum(request["greedy"] for request in requests)
        print(f"{name}: {len(requests)} requests, {greedy} greedy, float32 within {difference:.1e} of float64")


if __name__ == "__main__":
    main()
