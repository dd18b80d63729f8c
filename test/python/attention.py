"""Freezes transformers' own attention weights of some small checkpoints, for test/attention/observe.test.ts:

    python test/python/attention.py > test/fixtures/attention.json

`output_attentions` gives the outer attention, which for a Hon model reads what the inner ones made.
"""

import json
import sys
from pathlib import Path

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

sys.path.insert(0, str(Path(__file__).parents[2] / "src" / "checkpoint"))
import modeling_hon  # noqa: E402

MODELS = Path(__file__).parents[1] / "fixtures" / "model"
NAMES = ["standard", "hon-qk", "hon-recursive", "hon-qkv-self-order3", "qwen2-gqa-bf16", "qwen2-hon-qk-shared"]
TEXT = "link feni vaza . follow links from tuvuro"


@torch.no_grad()
def attention(name):
    """Token ids [n], and weights [layers][heads][n][i + 1]: of each query i, on the keys that it sees."""
    folder = MODELS / name
    config = json.loads((folder / "config.json").read_text())
    kind = getattr(modeling_hon, config["architectures"][0]) if config.get("hon") else AutoModelForCausalLM
    model = kind.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager").eval()
    ids = AutoTokenizer.from_pretrained(folder)(TEXT)["input_ids"]
    layers = torch.stack(model(torch.tensor([ids]), output_attentions=True).attentions)[:, 0]
    assert layers.triu(1).abs().max() == 0
    rows = [[[[round(x, 8) for x in row[: i + 1]] for i, row in enumerate(head)] for head in layer] for layer in layers.tolist()]
    return {"ids": ids, "weights": rows}


print(json.dumps({"text": TEXT, "models": {name: attention(name) for name in NAMES}}))
