"""Writes test/fixtures/config: for each architecture a small random checkpoint, and what transformers makes of it under
every key of its configuration class.

    python test/python/config_fixtures.py --output test/fixtures/config

cases.json is a list, one line each:

    {"change": {key: value}, "without": [keys], "logLikelihoods": [number, …] | null, "refused": true}

`logLikelihoods` are those of the texts of texts.json, from float32 logits under a float64 log-softmax; null where
transformers fails, or has to make up weights. With `refused` hon-eval does not run what transformers runs. Every field of
the class is among the keys, or this script fails.
"""

import argparse
import dataclasses
import json
import shutil
import tempfile
import warnings
from pathlib import Path

import torch
from transformers import AutoModelForCausalLM, GenerationConfig, GPTNeoXConfig, LlamaConfig, Qwen2Config
from transformers.activations import ACT2CLS
from transformers.utils import logging

LAYERS, POSITIONS, VOCABULARY = 2, 32, 48
SIZES = {
    "vocab_size": VOCABULARY,
    "hidden_size": 32,
    "num_hidden_layers": LAYERS,
    "num_attention_heads": 4,
    "intermediate_size": 24,
    "max_position_embeddings": POSITIONS,
}
ARCHITECTURES = {
    "gpt_neox": (GPTNeoXConfig, SIZES),
    "llama": (LlamaConfig, {**SIZES, "num_key_value_heads": 2}),
    "qwen2": (Qwen2Config, {**SIZES, "num_key_value_heads": 2}),
}

# Values of each key, none of them the default or the checkpoint's.
VALUES = {
    # PreTrainedConfig
    "transformers_version": ["4.40.0"],
    "architectures": [None],
    "output_hidden_states": [True],
    "return_dict": [False],
    "dtype": ["float16"],
    "chunk_size_feed_forward": [1],
    "is_encoder_decoder": [True],
    "id2label": [{"0": "yes"}],
    "label2id": [{"yes": 0}],
    "problem_type": ["regression"],
    # of all three
    "vocab_size": [VOCABULARY + 1],
    "hidden_size": [16],
    "num_hidden_layers": [1, 3],
    "num_attention_heads": [2, 8, 3],
    "intermediate_size": [32],
    "hidden_act": [name for name in ACT2CLS] + ["selu"],
    "max_position_embeddings": [64],
    "initializer_range": [0.5],
    "use_cache": [False],
    "pad_token_id": [3],
    "bos_token_id": [5, None],
    "eos_token_id": [[1, 2]],
    "tie_word_embeddings": [],
    "attention_dropout": [0.5],
    "rope_parameters": [],
    # of some
    "hidden_dropout": [0.5],
    "classifier_dropout": [0.5],
    "layer_norm_eps": [0.01],
    "rms_norm_eps": [0.01],
    "use_parallel_residual": [False],
    "attention_bias": [True, False],
    "is_decoder": [True],
    "num_key_value_heads": [1, 4, None, 3],
    "pretraining_tp": [2],
    "mlp_bias": [True],
    "head_dim": [4, 6, 8, 16],
    "use_sliding_window": [True],
    "sliding_window": [4, None],
    "max_window_layers": [0],
    "layer_types": [["full_attention"] * LAYERS, ["sliding_attention"] * LAYERS, ["full_attention"], ["conv", "moe"]],
}
# Keys that no class lists, and that transformers reads all the same.
UNLISTED = {
    "name_or_path": ["elsewhere"],
    "_name_or_path": ["elsewhere"],
    "torch_dtype": ["float16"],
    "output_attentions": [True],
    "attn_implementation": ["eager"],
    "_attn_implementation": ["eager"],
    "num_labels": [3],
    "tie_last_hidden_states": [False],
    "is_causal": [True, False],
    "gradient_checkpointing": [True],
    "per_layer_config": [None, {"0": {"layer_norm_eps": 1.0, "rms_norm_eps": 1.0}}],
    "quantization_config": [None, {"quant_method": "bitsandbytes", "load_in_8bit": True}],
    "transformers_weights": ["other.safetensors"],
    "auto_map": [{"AutoModelForCausalLM": "modeling_other.Other"}],
    "sep_token_id": [7],
    "attention_chunk_size": [4],
    "tokenizer_class": ["GPT2Tokenizer"],
    "unheard_of": [{"a": [1]}],
}

LLAMA3 = {"factor": 4.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0}
LONG = {
    "rope_type": "longrope",
    "short_factor": [1.0, 1.1, 1.25, 1.5],
    "long_factor": [2.0, 3.0, 5.0, 8.0],
    "original_max_position_embeddings": 16,
}
HALF = {**LONG, "short_factor": [1.0, 1.1], "long_factor": [2.0, 5.0]}


def scaling(kind, **more):
    return {"rope_scaling": {"rope_type": kind, **more}}


def parameters(kind, **more):
    return {"rope_parameters": {"rope_type": kind, **more}}


def long(**more):
    return {"rope_scaling": {**LONG, **more}}


ROPE = [
    {"rope_theta": 100.0},
    {"rope_theta": None},
    {"rotary_emb_base": 100},
    {"rotary_pct": 1.0},
    {"rotary_pct": 0.4},
    {"rotary_pct": 0.1},
    {"partial_rotary_factor": 0.5},
    {"rope_scaling": None, "rope_parameters": None},
    {"rope_scaling": {}, **parameters("default", rope_theta=100.0)},
    {"rope_scaling": {"type": "linear", "factor": 2.0}},
    {"rope_scaling": {"type": "linear", "rope_type": "default", "factor": 2.0}},
    {"rope_scaling": {"factor": 2.0}},
    {"rope_scaling": {"rope_type": None}},
    {"rope_scaling": "linear"},
    {**scaling("linear", factor=2.0, rope_theta=100.0), "rope_theta": 1000.0, "rotary_emb_base": 1000},
    {**scaling("linear", factor=2.0), **parameters("default", rope_theta=100.0)},
    {**scaling("yarn", factor=4.0), **parameters("default")},
    {**parameters("default", rope_theta=100.0), "rope_theta": 1000.0, "rotary_emb_base": 1000},
    parameters("default", rope_theta=100.0, partial_rotary_factor=0.75),
    {**parameters("default", rope_theta=100.0), "rotary_pct": 0.75},
    parameters("linear", factor=2.0, partial_rotary_factor=0.5),
    scaling("linear", factor=0.5),
    scaling("linear", factor=None),
    scaling("linear"),
    scaling("dynamic", factor=2.0),
    scaling("dynamic", factor=1.1, rope_theta=100.0),
    scaling("dynamic"),
    scaling("llama3", **LLAMA3),
    scaling("llama3", **LLAMA3, original_max_position_embeddings=16),
    {**scaling("llama3", **LLAMA3, original_max_position_embeddings=16), "original_max_position_embeddings": 8},
    scaling("llama3", factor=4.0),
    scaling("yarn", factor=4.0),
    scaling("yarn", factor=4.0, rope_theta=100.0, original_max_position_embeddings=16),
    {**scaling("yarn", factor=4.0, rope_theta=100.0), "original_max_position_embeddings": 8},
    {**scaling("yarn", factor=4.0, original_max_position_embeddings=16), "original_max_position_embeddings": 8},
    scaling("yarn", factor=None, rope_theta=100.0, original_max_position_embeddings=16),
    scaling("yarn", rope_theta=100.0, original_max_position_embeddings=16),
    scaling("yarn", factor=4.0, rope_theta=100.0, beta_fast=2, beta_slow=0.5, truncate=False),
    scaling("yarn", factor=4.0, rope_theta=100.0, beta_fast=2, truncate=None),
    scaling("yarn", factor=4.0, attention_factor=0.5),
    scaling("yarn", factor=4.0, mscale=0.7, mscale_all_dim=0.3),
    scaling("yarn", factor=4.0, mscale=0.7),
    long(),
    long(partial_rotary_factor=1.0),
    {"rope_scaling": HALF},
    long(factor=3.0, partial_rotary_factor=1.0),
    long(attention_factor=0.8, partial_rotary_factor=1.0),
    long(short_factor=[1.0], partial_rotary_factor=1.0),
    {**long(partial_rotary_factor=1.0), "original_max_position_embeddings": 32},
    {**long(partial_rotary_factor=1.0), "max_position_embeddings": 16},
    scaling("proportional", rope_theta=100.0),
    scaling("proportional", rope_theta=100.0, partial_rotary_factor=0.5, factor=2.0),
    scaling("su", factor=2.0),
    scaling("mrope", mrope_section=[1, 1, 2]),
    parameters("default", mrope_section=[1, 1, 2]),
    {"rope_parameters": {"full_attention": {"rope_type": "linear", "factor": 2.0, "rope_theta": 100.0}}},
]
# What transformers runs and hon-eval does not, by what the change holds.
REFUSED = [
    {"hidden_act": "prelu"},
    {"hidden_act": "xielu"},
    {"layer_types": ["sliding_attention"] * LAYERS},
    {"is_causal": False},
    {"per_layer_config": {"0": {"layer_norm_eps": 1.0, "rms_norm_eps": 1.0}}},
    {"rope_parameters": {"full_attention": {"rope_type": "linear", "factor": 2.0, "rope_theta": 100.0}}},
]
# How outputs are handed over, which models of transformers themselves do not survive.
FORM = [{"return_dict": False}]
SLIDING = {"use_sliding_window": True, "sliding_window": 4}


def changes(config_class):
    fields = {field.name for field in dataclasses.fields(config_class)}
    lacking = fields - VALUES.keys()
    if lacking:
        raise SystemExit(f"{config_class.__name__} has keys that are not varied here: {sorted(lacking)}")
    for key, values in {**VALUES, **UNLISTED}.items():
        for value in values:
            yield {key: value}, []
    generation = GenerationConfig._get_default_generation_params()
    yield {key: 0.5 if isinstance(value, float) else value for key, value in generation.items()}, []
    for key in SIZES.keys() - {"vocab_size"}:
        yield {}, [key]
    yield {}, ["num_key_value_heads"]
    yield {**SLIDING, "max_window_layers": LAYERS}, []
    yield {**SLIDING, "max_window_layers": 1}, []
    yield {**SLIDING, "layer_types": ["full_attention"] * LAYERS}, []
    for change in ROPE:
        yield change, []


def misfits(change, name):
    """Whether longrope has factors for other pairs than there are, which PyTorch broadcasts."""
    settings = change.get("rope_scaling")
    if not isinstance(settings, dict) or "short_factor" not in settings:
        return False
    rotated = 8 * settings.get("partial_rotary_factor", 0.25 if name == "gpt_neox" else 1)
    return len(settings["short_factor"]) != rotated // 2


def make_texts(generator):
    return [torch.randint(0, VOCABULARY, (count,), generator=generator).tolist() for count in (POSITIONS, 12)]


@torch.no_grad()
def score(folder, texts):
    """Log-likelihoods of all tokens but the first, or None where transformers fails or lacks weights."""
    try:
        model, info = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, output_loading_info=True)
        if info["missing_keys"] or info["mismatched_keys"]:
            return None
        figures = []
        for text in texts:
            logits = model.eval()(torch.tensor([text])).logits[0, :-1]
            likelihoods = logits.double().log_softmax(-1).gather(-1, torch.tensor(text)[1:, None])
            figures.append(likelihoods.sum().item())
    except Exception as error:  # noqa: BLE001: whatever it is, it does not run
        print(f"    {type(error).__name__}: {str(error).strip().splitlines()[0][:150] if str(error) else ''}")
        return None
    return figures if all(figure == figure for figure in figures) else None


def write(name, output, seed):
    config_class, sizes = ARCHITECTURES[name]
    generator = torch.Generator().manual_seed(seed)
    folder = output / name
    shutil.rmtree(folder, ignore_errors=True)
    model = AutoModelForCausalLM.from_config(config_class(**sizes))
    with torch.no_grad():
        for parameter_name, parameter in model.named_parameters():
            parameter.normal_(std=0.25, generator=generator)
            if "norm" in parameter_name and parameter_name.endswith("weight"):
                parameter.add_(1.0)
    model.to(torch.bfloat16).save_pretrained(folder)
    (folder / "generation_config.json").unlink()
    config = {"architectures": [type(model).__name__], "model_type": name, **sizes}
    (folder / "config.json").write_text(json.dumps(config, indent=2) + "\n")
    texts = make_texts(generator)
    (folder / "texts.json").write_text(json.dumps(texts) + "\n")
    cases = []
    for change, without in [({}, []), *changes(config_class)]:
        changed = {key: value for key, value in {**config, **change}.items() if key not in without}
        with tempfile.TemporaryDirectory() as copy:
            shutil.copyfile(folder / "model.safetensors", Path(copy) / "model.safetensors")
            (Path(copy) / "config.json").write_text(json.dumps(changed))
            print(f"  {name} {json.dumps(change)[:100]} {without}", flush=True)
            figures = cases[0]["logLikelihoods"] if change in FORM else score(copy, texts)
        case = {"change": change, "without": without, "logLikelihoods": figures}
        if figures and (change in REFUSED or misfits(change, name)):
            case["refused"] = True
        cases.append(case)
    lines = ",\n".join(json.dumps(case) for case in cases)
    (folder / "cases.json").write_text(f"[\n{lines}\n]\n")


def main():
    parser = argparse.ArgumentParser(description="Write what transformers makes of every key of config.json.")
    parser.add_argument("--output", type=Path, required=True)
    options = parser.parse_args()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    warnings.simplefilter("ignore")
    torch.set_num_threads(1)
    for seed, name in enumerate(ARCHITECTURES):
        write(name, options.output, seed)


if __name__ == "__main__":
    main()
