"""Trains the demo's pair of checkpoints on the multi-hop benchmark: a standard GPT-NeoX and Hon-QK-Shared.

Both have the same parameters, see the same batches in the same order from the same initial weights, and are trained
with the same settings: the attention is the only difference. The accuracies on the test rows are printed at the end
and written to training.json.

    python test/python/train_multihop.py --output test/fixtures/multihop
"""

import argparse
import json
import math
import random
import sys
import time
from pathlib import Path

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import GPTNeoXConfig, PreTrainedTokenizerFast

sys.path.insert(0, str(Path(__file__).parents[2] / "src" / "checkpoint"))
from modeling_hon import GPTNeoXForCausalLM  # noqa: E402
from multihop import CHAINS, HOPS, LINKS, NAMES, make_chains, make_facts, make_question, make_row  # noqa: E402

SETTINGS = {
    "standard": None,
    "hon-qk-shared": {"order": 2, "projections": ["q", "k"], "inner": "shared"},
}
END = "<|endoftext|>"
FACT_WORDS = 4  # link A B .
QUESTION_WORDS = 6  # follow 2 links from A C
QUESTIONS = 12  # asked about the same facts in one training sequence


def train_tokenizer(seed):
    """A byte-level BPE like GPT-NeoX's in which every word of the benchmark is one token."""
    rng = random.Random(f"{seed}/tokenizer")
    rows = [make_row(rng, "train", hops) for _ in range(1000) for hops in HOPS]
    texts = [" ".join([*row["facts"], row["question"], row["choices"][row["answer"]]]) for row in rows]
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=416,
        special_tokens=[END],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    split = [name for name in NAMES if len(tokenizer.encode(" " + name).ids) > 1]
    if split:
        raise ValueError(f"The vocabulary is too small: {split} are more than one token.")
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, bos_token=END, eos_token=END, unk_token=END, model_max_length=256
    )


def training_text(rng, hops):
    """Facts, then several questions about them with their answers."""
    chains = make_chains(rng, "train")
    words = make_facts(rng, chains)
    for _ in range(QUESTIONS):
        question = make_question(rng, chains, rng.choice(hops))
        words += [question["question"], question["choices"][question["answer"]]]
    return " ".join(words)


def batches(tokenizer, steps, size, seed):
    """Token ids [size, n]; the answers stand at `answer_positions`. Two hops come in at a fifth, three at half."""
    rng = random.Random(f"{seed}/train")
    for step in range(steps):
        hops = HOPS[: 1 + (step >= steps // 5) + (step >= steps // 2)]
        texts = [training_text(rng, hops) for _ in range(size)]
        yield torch.tensor(tokenizer(texts)["input_ids"])


def answer_positions():
    facts = CHAINS * LINKS * FACT_WORDS
    return [facts + QUESTION_WORDS * (i + 1) - 1 for i in range(QUESTIONS)]


def make_model(tokenizer, hon, options):
    torch.manual_seed(options.seed)
    config = GPTNeoXConfig(
        vocab_size=len(tokenizer),
        hidden_size=options.hidden,
        num_hidden_layers=options.layers,
        num_attention_heads=options.heads,
        intermediate_size=2 * options.hidden,
        max_position_embeddings=256,
        initializer_range=options.initializer_range,
        rope_parameters={"rope_type": "default", "rope_theta": 10000, "partial_rotary_factor": 0.5},
        bos_token_id=0,
        eos_token_id=0,
        use_cache=False,
    )
    if hon:
        config.hon = hon
    return GPTNeoXForCausalLM(config)


def train(model, tokenizer, options):
    optimizer = torch.optim.AdamW(model.parameters(), lr=options.rate, betas=(0.9, 0.98), weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: rate_factor(step, options.steps))
    targets = torch.tensor(answer_positions())
    model.train()
    for step, ids in enumerate(batches(tokenizer, options.steps, options.batch, options.seed)):
        logits = model(ids, logits_to_keep=targets - 1).logits
        loss = torch.nn.functional.cross_entropy(logits.flatten(0, 1), ids[:, targets].flatten())
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        if step % 100 == 99:
            print(f"  step {step + 1}: loss {loss.item():.4f}", flush=True)
    model.eval()


def rate_factor(step, steps, warmup=200):
    if step < warmup:
        return (step + 1) / warmup
    return 0.05 + 0.95 * (1 + math.cos(math.pi * (step - warmup) / (steps - warmup))) / 2


@torch.no_grad()
def accuracy(model, tokenizer, rows):
    """Share of rows whose right choice has the highest log-likelihood; every choice is one token."""
    right = 0
    for row in rows:
        ids = torch.tensor([tokenizer(" ".join([*row["facts"], row["question"]]))["input_ids"]])
        choices = [tokenizer(" " + choice)["input_ids"][0] for choice in row["choices"]]
        right += model(ids).logits[0, -1, choices].argmax().item() == row["answer"]
    return right / len(rows)


def save(model, tokenizer, folder):
    """In float16, the storage type that keeps the pair small."""
    model.half().save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    (folder / "generation_config.json").unlink(missing_ok=True)


def main():
    parser = argparse.ArgumentParser(description="Train the demo's checkpoints, standard and Hon-QK-Shared.")
    parser.add_argument("--output", type=Path, required=True, help="folder with multihop_{1,2,3}.jsonl")
    parser.add_argument("--hidden", type=int, default=64)
    parser.add_argument("--layers", type=int, default=3)
    parser.add_argument("--heads", type=int, default=4)
    parser.add_argument("--steps", type=int, default=5000)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--initializer-range", type=float, default=0.1)
    parser.add_argument("--rate", type=float, default=3e-3)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=1, help="another number gives other roundings (default: 1)")
    parser.add_argument("--only", choices=SETTINGS, help="train one of the two")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    rows = {
        f"multihop_{hops}": [json.loads(line) for line in (options.output / f"multihop_{hops}.jsonl").open()]
        for hops in HOPS
    }
    tokenizer = train_tokenizer(options.seed)
    file = options.output / "training.json"
    report = json.loads(file.read_text()) if options.only and file.exists() else {}
    for name in [options.only] if options.only else SETTINGS:
        print(name, flush=True)
        start = time.monotonic()
        model = make_model(tokenizer, SETTINGS[name], options)
        train(model, tokenizer, options)
        seconds = time.monotonic() - start
        save(model, tokenizer, options.output / name)
        model.float()  # as stored, computed in float32
        report[name] = {
            "parameters": model.num_parameters(),
            "seconds": round(seconds),
            "accuracy": {task: accuracy(model, tokenizer, rows[task]) for task in rows},
        }
        print(json.dumps(report[name]), flush=True)
    file.write_text(json.dumps(report, indent=2) + "\n")


if __name__ == "__main__":
    main()
