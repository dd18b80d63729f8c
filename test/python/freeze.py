"""Freezes a small slice of the comparison as test/fixtures/parity.json: hashes and figures, no rows and no weights.

    python test/python/freeze.py --data FOLDER --tokenizer tokenizer.json --output test/fixtures/parity.json

The model is that of recipe.py. A document is the hashes of lm-evaluation-harness, a hash of the token ids (sha256 of
[[context ids, continuation ids], …] as compact JSON), and [log-likelihood, greedy] of each choice, from transformers'
float32 logits under a float64 log-softmax.
"""

import argparse
import hashlib
import json
import os
import tempfile
from pathlib import Path

os.environ.setdefault("HF_HUB_OFFLINE", "1")

import recipe
import reference


def frozen(document):
    tokens = json.dumps(document["tokens"], separators=(",", ":"))
    return {
        **{name: document[name] for name in reference.HASHES},
        "tokens_hash": hashlib.sha256(tokens.encode()).hexdigest(),
        "choices": document["transformers"],
    }


def main():
    parser = argparse.ArgumentParser(description="Freeze hashes and figures of the first documents of each data set.")
    parser.add_argument("--data", type=Path, required=True, help="folder of <task>.jsonl in the hub's schema")
    parser.add_argument("--tokenizer", type=Path, required=True, help="GPT-NeoX's tokenizer.json")
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--limit", type=int, default=8, help="documents a task (default: 8)")
    options = parser.parse_args()
    tasks = {}
    with tempfile.TemporaryDirectory() as folder:
        recipe.write(folder, options.tokenizer)
        lm = reference.load_lm(folder, batch_size=4)
        for task in ("arc_challenge", "arc_easy", "hellaswag", "logiqa", "piqa"):
            result = reference.reference(lm, task, options.data, options.limit)
            documents = [frozen(document) for document in result["documents"]]
            tasks[task] = {"results": result["results"], "documents": documents}
    weights = hashlib.sha256(recipe.safetensors(recipe.CONFIG)).hexdigest()
    slice_ = {"config": recipe.CONFIG, "weights": weights, "limit": options.limit, "tasks": tasks}
    options.output.write_text(json.dumps(slice_) + "\n")


if __name__ == "__main__":
    main()
