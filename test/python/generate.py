"""Writes what checkpoints in test/fixtures/model continue prompts with, greedily: transformers' `generate` where attention
is standard, modeling_hon.py run on the whole text for every token where it is not.

    python test/python/generate.py --models test/fixtures/model --output test/fixtures

generation.json has three short texts of each, and what it has already stays as it is. long_generation.json has 200 tokens
of those of architectures.py and a few more, with a window for so many. Where some token is the most probable one by less
than 1e-3, another float32 need not give it, and another prompt is taken.
"""

import argparse
import json
import random
from pathlib import Path

import torch
from architectures import CHECKPOINTS
from reference import load_model
from transformers import AutoConfig, AutoModelForCausalLM

LENGTHS = (5, 9, 21)
NEW_TOKENS = 32
LONG_TEXT = 200
LONG_WINDOW = {"max_position_embeddings": 256}
MARGIN = 1e-3
LONG_NAMES = [*CHECKPOINTS, "standard", "llama3-rope", "qwen2-yarn"]


@torch.no_grad()
def recompute(model, prompt):
    ids = list(prompt)
    for _ in range(NEW_TOKENS):
        ids.append(model(torch.tensor([ids])).logits[0, -1].argmax().item())
    return ids[len(prompt) :]


def generate(model, prompt, count=NEW_TOKENS):
    """The tokens, and by how much the closest of them was the most probable one."""
    options = {"do_sample": False, "max_new_tokens": count, "eos_token_id": None, "pad_token_id": 0}
    # Without it, what looks like padding in the prompt would not be seen.
    options["attention_mask"] = torch.ones(1, len(prompt), dtype=torch.long)
    outputs = model.generate(
        torch.tensor([prompt]), return_dict_in_generate=True, output_logits=True, use_cache=True, **options
    )
    best = torch.stack(outputs.logits)[:, 0].topk(2).values
    return outputs.sequences[0, len(prompt) :].tolist(), (best[:, 0] - best[:, 1]).min().item()


def short_texts(folder):
    random.seed(folder.name)
    model = load_model(folder)
    size = model.config.vocab_size
    prompts = [[random.randrange(size) for _ in range(length)] for length in LENGTHS]
    if getattr(model.config, "hon", None):
        return [{"prompt": prompt, "tokens": recompute(model, prompt)} for prompt in prompts]
    return [{"prompt": prompt, "tokens": generate(model, prompt)[0]} for prompt in prompts]


def long_text(folder):
    config = AutoConfig.from_pretrained(folder)
    learned = config.model_type in ("gpt2", "opt")  # whose positions are weights
    change = {} if learned else LONG_WINDOW
    for key, value in change.items():
        setattr(config, key, value)
    model = AutoModelForCausalLM.from_pretrained(folder, config=config, dtype=torch.float32).eval()
    random.seed(folder.name)
    while True:
        prompt = [random.randrange(config.vocab_size) for _ in range(9)]
        tokens, margin = generate(model, prompt, LONG_TEXT)
        if margin > MARGIN:
            print(f"{folder.name}: {len(set(tokens))} different tokens, closest {margin:.1e}", flush=True)
            return {"change": change, "prompt": prompt, "tokens": tokens}


def write(path, fixtures):
    lines = [f"  {json.dumps(name)}: {json.dumps(texts)}" for name, texts in sorted(fixtures.items())]
    path.write_text("{\n" + ",\n".join(lines) + "\n}\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", type=Path, required=True)
    parser.add_argument("--output", type=Path, required=True)
    arguments = parser.parse_args()
    path = arguments.output / "generation.json"
    known = json.loads(path.read_text()) if path.exists() else {}
    folders = sorted(arguments.models.iterdir())
    write(path, {folder.name: known.get(folder.name) or short_texts(folder) for folder in folders})
    write(arguments.output / "long_generation.json", {name: long_text(arguments.models / name) for name in LONG_NAMES})


if __name__ == "__main__":
    main()
