"""Adds to test/fixtures/model a small random checkpoint of every architecture that modeling_hon.py does not have, with
every setting that changes its figures, and what transformers says of each, as fixtures.py has it.

    python test/python/architectures.py --output test/fixtures/model
"""

import argparse
import json
from pathlib import Path

import torch
import transformers
from fixtures import POSITIONS, VOCABULARY, make_requests, make_tokenizer, save, score, write_transformers4_config
from transformers import AutoConfig, AutoModelForCausalLM

WINDOW = {"use_sliding_window": True, "sliding_window": 8}
LONGROPE = {
    "rope_type": "longrope",
    "rope_theta": 100.0,
    "partial_rotary_factor": 0.5,
    "short_factor": [1.0, 1.5],
    "long_factor": [2.0, 3.0],
}
GEMMA = {"num_key_value_heads": 2, "head_dim": 16, "query_pre_attn_scalar": 20, "sliding_window": 8}
GEMMA3_ROPE = {
    "full_attention": {"rope_type": "linear", "factor": 2.0, "rope_theta": 1000.0},
    "sliding_attention": {"rope_type": "default", "rope_theta": 100.0},
}
GPT2 = {"hidden_size": None, "num_hidden_layers": None, "num_attention_heads": None, "max_position_embeddings": None}
GPT2 |= {"intermediate_size": None, "n_embd": 32, "n_layer": 2, "n_head": 4, "n_positions": 4 * POSITIONS, "n_inner": 48}
OPT = {"intermediate_size": None, "ffn_dim": 48, "max_position_embeddings": 4 * POSITIONS}

# Changes to what all have, by the name of the fixture, which begins with the model's type.
CHECKPOINTS = {
    "mistral": {"num_key_value_heads": 2, "sliding_window": 8, "head_dim": 16},
    "mistral-transformers4": {"num_key_value_heads": 2, "sliding_window": None, "rope_theta": 500.0},
    "qwen2-window": {**WINDOW, "num_key_value_heads": 2, "max_window_layers": 1},
    "qwen3": {**WINDOW, "num_key_value_heads": 2, "head_dim": 16, "attention_bias": True, "max_window_layers": 1},
    "qwen3-transformers4": {"num_key_value_heads": 2, "head_dim": 8, "tie_word_embeddings": True, "rope_theta": 500.0},
    "gemma2": {**GEMMA, "attn_logit_softcapping": 5.0, "final_logit_softcapping": 3.0, "attention_bias": True},
    "gemma3_text": {
        **GEMMA,
        "num_hidden_layers": 3,
        "sliding_window_pattern": 3,
        "rope_parameters": GEMMA3_ROPE,
        "final_logit_softcapping": 4.0,
    },
    "gemma3_text-transformers4": {**GEMMA, "num_hidden_layers": 3, "sliding_window_pattern": 3},
    "phi3": {
        "num_key_value_heads": 2,
        "sliding_window": 8,
        "rope_parameters": LONGROPE,
        "original_max_position_embeddings": 32,
        "pad_token_id": 0,
    },
    "olmo2": {"num_key_value_heads": 2, "attention_bias": True},
    "smollm3": {
        **WINDOW,
        "num_key_value_heads": 2,
        "no_rope_layer_interval": 2,
        "attention_bias": True,
        "mlp_bias": True,
        "pad_token_id": 0,
    },
    "stablelm": {"num_key_value_heads": 2, "use_qkv_bias": True},
    "stablelm-parallel": {"num_key_value_heads": 4, "use_parallel_residual": True, "hidden_act": "gelu"},
    "gpt2": {**GPT2, "scale_attn_by_inverse_layer_idx": True},
    "gpt2-unscaled": {**GPT2, "scale_attn_weights": False, "activation_function": "relu"},
    "opt": OPT,
    "opt-norms-after": {**OPT, "do_layer_norm_before": False, "word_embed_proj_dim": 16, "enable_bias": False},
}


def make_model(name, changes, generator):
    settings = {
        "vocab_size": VOCABULARY,
        "hidden_size": 32,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "intermediate_size": 32,
        "max_position_embeddings": POSITIONS,
        "bos_token_id": 0,
        "eos_token_id": 0,
        "pad_token_id": None,
        "use_cache": False,
        **changes,
    }
    settings = {key: value for key, value in settings.items() if value is not None or key == "sliding_window"}
    config = AutoConfig.for_model(name.split("-")[0], **settings)
    model = AutoModelForCausalLM.from_config(config).eval()
    with torch.no_grad():
        for key, parameter in model.named_parameters():
            parameter.normal_(std=0.25, generator=generator)
            if ("norm" in key or "ln_" in key) and key.endswith("weight") and "gemma" not in name:
                parameter.add_(1.0)
    return model


def write_gemma3_config(folder):
    """As transformers 4 wrote it: both bases beside each other, the pattern in place of the types."""
    path = folder / "config.json"
    config = json.loads(path.read_text())
    config |= {"rope_theta": 1000.0, "rope_local_base_freq": 100.0, "sliding_window_pattern": 3}
    config |= {"rope_scaling": {"rope_type": "linear", "factor": 2.0}}
    for key in ("rope_parameters", "layer_types", "_sliding_window_pattern"):
        config.pop(key, None)
    path.write_text(json.dumps(config, indent=2) + "\n")


@torch.no_grad()
def expected(folder, generator):
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
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
    parser = argparse.ArgumentParser(description="Write the small random checkpoints of other architectures.")
    parser.add_argument("--output", type=Path, required=True)
    options = parser.parse_args()
    transformers.utils.logging.disable_progress_bar()
    tokenizer = make_tokenizer()
    for seed, (name, changes) in enumerate(CHECKPOINTS.items()):
        generator = torch.Generator().manual_seed(1000 + seed)
        folder = options.output / name
        save(make_model(name, changes, generator), tokenizer, folder, stored=torch.bfloat16)
        if name == "gemma3_text-transformers4":
            write_gemma3_config(folder)
        elif name.endswith("transformers4"):
            write_transformers4_config(folder)
        requests = expected(folder, generator)
        lines = ",\n".join(json.dumps(request) for request in requests)
        (folder / "expected.json").write_text(f"[\n{lines}\n]\n")
        difference = max(abs(request["logLikelihood"] - request["float64"]) for request in requests)
        greedy = sum(request["greedy"] for request in requests)
        print(f"{name}: {len(requests)} requests, {greedy} greedy, float32 within {difference:.1e} of float64")


if __name__ == "__main__":
    main()
