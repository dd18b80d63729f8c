"""Writes test/fixtures/generation.json: greedy continuations of the checkpoints in test/fixtures/model, by transformers'
`generate` where attention is standard, and by modeling_hon.py run on the whole text for every token where it is not. What
the file has already stays as it is.

    python test/python/generate.py --models test/fixtures/model --output test/fixtures/generation.json
"""

import argparse
import json
import random
from pathlib import Path

import torch
from reference import load_model

LENGTHS = (5, 9, 21)
NEW_TOKENS = 32


@torch.no_grad()
def recompute(model, prompt):
    ids = list(prompt)
    for _ in range(NEW_TOKENS):
        ids.append(model(torch.tensor([ids])).logits[0, -1].argmax().item())
    return ids[len(prompt) :]


def generate(model, prompt):
    options = {"do_sample": False, "max_new_tokens": NEW_TOKENS, "eos_token_id": None, "pad_token_id": 0}
    # Without it, what looks like padding in the prompt would not be seen.
    options["attention_mask"] = torch.ones(1, len(prompt), dtype=torch.long)
    return model.generate(torch.tensor([prompt]), **options)[0, len(prompt) :].tolist()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", type=Path, required=True)
    parser.add_argument("--output", type=Path, required=True)
    arguments = parser.parse_args()
    fixtures = json.loads(arguments.output.read_text()) if arguments.output.exists() else {}
    for folder in sorted(arguments.models.iterdir()):
        if folder.name in fixtures:
            continue
        random.seed(folder.name)
        model = load_model(folder)
        continuing = recompute if getattr(model.config, "hon", None) else generate
        size = model.config.vocab_size
        # Beyond it transformers goes on with other angles than it has read the prompt with.
        short = getattr(model.config, "original_max_position_embeddings", None) or size
        prompts = [[random.randrange(size) for _ in range(min(length, short - 20))] for length in LENGTHS]
        texts = [{"prompt": prompt, "tokens": continuing(model, prompt)[: short - len(prompt)]} for prompt in prompts]
        fixtures[folder.name] = texts
    lines = [f"  {json.dumps(name)}: {json.dumps(texts)}" for name, texts in sorted(fixtures.items())]
    arguments.output.write_text("{\n" + ",\n".join(lines) + "\n}\n")


if __name__ == "__main__":
    main()
