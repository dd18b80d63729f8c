"""Writes test/fixtures/adapters: LoRA adapters as peft saves them, for models of test/fixtures/model, and what each merged
model says of some requests, as fixtures.py has them.

    python test/python/adapters.py        (in the repository's root, which the base models are named from)
"""

import json
import shutil
import warnings
from pathlib import Path

import torch
from fixtures import make_requests, score
from peft import LoraConfig, get_peft_model
from transformers import AutoModelForCausalLM

FOLDER = Path("test/fixtures/adapters")
QWEN2 = "test/fixtures/model/qwen2-tied"
NEOX = "test/fixtures/model/standard"
GPT2 = "test/fixtures/model/gpt2"
ALL = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]

ADAPTERS = {
    "lora": (QWEN2, {"r": 4, "lora_alpha": 8, "target_modules": ["q_proj", "v_proj", "down_proj"]}),
    "patterns": (
        QWEN2,
        {
            "r": 4,
            "lora_alpha": 6,
            "use_rslora": True,
            "target_modules": ALL,
            "rank_pattern": {"k_proj": 2, r"layers\.0\.mlp\.up_proj": 3},
            "alpha_pattern": {"o_proj": 5, r".*\.1\.self_attn\.q_proj": 9},
        },
    ),
    "dora": (QWEN2, {"r": 3, "lora_alpha": 4, "use_dora": True, "target_modules": [*ALL, "embed_tokens"]}),
    "saved-modules": (
        NEOX,
        {
            "r": 2,
            "lora_alpha": 3,
            "lora_bias": True,
            "target_modules": ["query_key_value", "dense_4h_to_h"],
            "modules_to_save": ["lm_head", "final_layer_norm"],
        },
    ),
    "gpt2-dora": (GPT2, {"r": 3, "lora_alpha": 4, "use_dora": True, "target_modules": ["c_attn", "c_proj"]}),
    "layers": (GPT2, {"r": 2, "lora_alpha": 3, "layers_to_transform": [1], "target_modules": ["c_attn", "c_fc"]}),
    "embedding": (NEOX, {"r": 2, "lora_alpha": 3, "target_modules": ["embed_in", "dense"]}),
    "biases": (NEOX, {"r": 2, "lora_alpha": 3, "bias": "all", "target_modules": ["dense"]}),
}


def write(name, base, settings, generator):
    model = AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32).eval()
    adapted = get_peft_model(model, LoraConfig(**settings))
    with torch.no_grad():
        for parameter in adapted.parameters():
            if parameter.requires_grad:
                parameter.add_(torch.empty_like(parameter).normal_(std=0.2, generator=generator))
    folder = FOLDER / name
    shutil.rmtree(folder, ignore_errors=True)
    adapted.save_pretrained(folder, safe_serialization=name != "layers")
    (folder / "README.md").unlink()
    merged = adapted.merge_and_unload().eval()
    requests = make_requests(merged, generator)
    expected = [
        {"context": context, "continuation": continuation, "logLikelihood": likelihood, "greedy": greedy}
        for (context, continuation) in requests
        for likelihood, greedy in [score(merged, context, continuation)]
    ]
    (folder / "expected.json").write_text(json.dumps(expected) + "\n")
    # One number for each weight, to which all of its numbers count.
    sums = {key: value.double().flatten() @ torch.arange(value.numel()).cos().double() for key, value in weights(merged)}
    (folder / "merged.json").write_text(json.dumps({key: value.item() for key, value in sums.items()}) + "\n")


def weights(model):
    """By the names that checkpoints have."""
    named = model.state_dict().items()
    head = "embed_out" if model.config.model_type == "gpt_neox" else "lm_head"
    return [(key.replace("lm_head", head), value) for key, value in named if key.endswith((".weight", ".bias"))]


@torch.no_grad()
def main():
    warnings.simplefilter("ignore")
    generator = torch.Generator().manual_seed(0)
    for name, (base, settings) in ADAPTERS.items():
        torch.manual_seed(0)
        write(name, base, settings, generator)


if __name__ == "__main__":
    main()
