"""Writes test/fixtures/config: for each architecture a small random checkpoint, and what transformers makes of it under
every key of its configuration class.

    python test/python/config_fixtures.py --output test/fixtures/config [--only gemma2 …]

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
from transformers import AutoModelForCausalLM, GenerationConfig, PreTrainedConfig
from transformers import GPT2Config, GPTNeoXConfig, Gemma2Config, Gemma3TextConfig, LlamaConfig, MistralConfig, OPTConfig
from transformers import Olmo2Config, Phi3Config, Qwen2Config, Qwen3Config, SmolLM3Config, StableLmConfig
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
GROUPED = {**SIZES, "num_key_value_heads": 2}
GEMMA = {**GROUPED, "head_dim": 8, "sliding_window": 8}
OPT = {key: value for key, value in SIZES.items() if key != "intermediate_size"}
# The class, what the checkpoint's config.json has, and the settings that its weights are made with beside: those of a
# setting that is off are there all the same, so that it can be turned on.
ARCHITECTURES = {
    "gpt_neox": (GPTNeoXConfig, SIZES, {}),
    "llama": (LlamaConfig, GROUPED, {}),
    "qwen2": (Qwen2Config, GROUPED, {}),
    "mistral": (MistralConfig, {**GROUPED, "sliding_window": 8}, {}),
    "qwen3": (Qwen3Config, {**GROUPED, "head_dim": 8}, {"attention_bias": True}),
    "smollm3": (SmolLM3Config, {**GROUPED, "pad_token_id": 0}, {"attention_bias": True, "mlp_bias": True}),
    "gemma2": (Gemma2Config, GEMMA, {"attention_bias": True}),
    "gemma3_text": (Gemma3TextConfig, {**GEMMA, "sliding_window_pattern": 2}, {"attention_bias": True}),
    "phi3": (Phi3Config, {**GROUPED, "pad_token_id": 0}, {}),
    "olmo2": (Olmo2Config, GROUPED, {"attention_bias": True}),
    "stablelm": (StableLmConfig, GROUPED, {"use_qkv_bias": True, "qk_layernorm": True}),
    "gpt2": (
        GPT2Config,
        {"vocab_size": VOCABULARY, "n_embd": 32, "n_layer": LAYERS, "n_head": 4, "n_inner": 24, "n_positions": POSITIONS},
        {},
    ),
    "opt": (OPTConfig, {**OPT, "ffn_dim": 24}, {}),
}
# With every key that any model has. Of the others, keys of their own: the rest is the same code.
WITH_ALL = ("gpt_neox", "llama", "qwen2")
SOME_ACTIVATIONS = ["gelu", "gelu_new", "gelu_pytorch_tanh", "relu", "silu", "selu"]

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
    "no_rope_layers": [[0, 1], [1, 0], [0]],
    "no_rope_layer_interval": [1, 2],
    "hidden_activation": SOME_ACTIVATIONS,
    "query_pre_attn_scalar": [20],
    "final_logit_softcapping": [None, 2.0],
    "attn_logit_softcapping": [None, 2.0],
    "use_bidirectional_attention": [True, False, None],
    "original_max_position_embeddings": [16],
    "use_qkv_bias": [True],
    "qk_layernorm": [True],
    "n_positions": [16],
    "n_embd": [16],
    "n_layer": [1, 3],
    "n_head": [2, 8, 3],
    "n_inner": [None, 32],
    "activation_function": SOME_ACTIVATIONS,
    "resid_pdrop": [0.5],
    "embd_pdrop": [0.5],
    "attn_pdrop": [0.5],
    "dropout": [0.5],
    "layerdrop": [0.5],
    "layer_norm_epsilon": [0.01],
    "init_std": [0.5],
    "summary_type": ["mean"],
    "summary_use_proj": [False],
    "summary_activation": ["tanh"],
    "summary_proj_to_labels": [False],
    "summary_first_dropout": [0.5],
    "scale_attn_weights": [False],
    "scale_attn_by_inverse_layer_idx": [True],
    "reorder_and_upcast_attn": [True],
    "add_cross_attention": [True],
    "ffn_dim": [32],
    "do_layer_norm_before": [False],
    "_remove_final_layer_norm": [True],
    "word_embed_proj_dim": [16, 32, None],
    "enable_bias": [False],
    "layer_norm_elementwise_affine": [False],
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
# Of some architectures alone.
NESTED = [
    {"rope_theta": 100.0, "rope_local_base_freq": 50.0},
    {"rope_parameters": {"full_attention": {"rope_theta": 100.0}, "sliding_attention": {"rope_theta": 50.0}}},
    {"rope_parameters": {"sliding_attention": {"rope_type": "linear", "factor": 2.0, "rope_theta": 100.0}}},
    {"rope_parameters": {"full_attention": {"rope_type": "llama3", **LLAMA3}}, "rope_scaling": {"factor": 2.0}},
    {"rope_parameters": {"full_attention": {"rope_type": "yarn", "factor": 4.0}}, "rope_theta": 100.0},
    {"rope_parameters": {"full_attention": {"rope_type": "proportional", "partial_rotary_factor": 0.5}}},
    {"sliding_window_pattern": 1},
]
MORE = {
    "gemma3_text": NESTED,
    "smollm3": [{"use_sliding_window": True, "sliding_window": 4, "no_rope_layer_interval": 2}],
    "qwen3": [{"use_sliding_window": True, "sliding_window": 4, "max_window_layers": 1}],
    "gpt2": [
        {"num_hidden_layers": 1},
        {"num_attention_heads": 2},
        {"max_position_embeddings": 16},
        {"hidden_size": 16},
        {"scale_attn_by_inverse_layer_idx": True, "reorder_and_upcast_attn": True, "scale_attn_weights": False},
    ],
    "opt": [{"do_layer_norm_before": False, "_remove_final_layer_norm": True}],
    "stablelm": [{"qk_layernorm": True, "use_qkv_bias": True, "use_parallel_residual": True}],
}
SLIDING = {"use_sliding_window": True, "sliding_window": 4}
# What transformers runs and hon-eval does not, by what the change holds.
REFUSED = [
    {"hidden_act": "prelu"},
    {"hidden_act": "xielu"},
    {"layer_types": ["sliding_attention"] * LAYERS},
    {"is_causal": False},
    {"use_bidirectional_attention": True},
    {"per_layer_config": {"0": {"layer_norm_eps": 1.0, "rms_norm_eps": 1.0}}},
    {"rope_parameters": {"full_attention": {"rope_type": "linear", "factor": 2.0, "rope_theta": 100.0}}},
]
# Of these, what hon-eval does run.
RUN = {"gemma2": ["layer_types"], "gemma3_text": ["layer_types", "rope_parameters"]}
# Of one architecture alone: transformers passes over the key, and has caches by it.
REFUSED_BY = {"phi3": [{**SLIDING, "layer_types": ["full_attention", "sliding_attention"]}]}
# How outputs are handed over, which models of transformers themselves do not survive.
FORM = [{"return_dict": False}]


def values_of(name, key):
    values = VALUES[key]
    return values if key != "hidden_act" or name in WITH_ALL else SOME_ACTIVATIONS


def changes(name):
    config_class, sizes, _ = ARCHITECTURES[name]
    fields = {field.name for field in dataclasses.fields(config_class)}
    lacking = fields - VALUES.keys()
    if lacking:
        raise SystemExit(f"{config_class.__name__} has keys that are not varied here: {sorted(lacking)}")
    shared = {field.name for field in dataclasses.fields(PreTrainedConfig)}
    for key in [key for key in VALUES if name in WITH_ALL or key in fields - shared]:
        for value in values_of(name, key):
            yield {key: value}, []
    if name in WITH_ALL:
        for key, values in UNLISTED.items():
            for value in values:
                yield {key: value}, []
        generation = GenerationConfig._get_default_generation_params()
        yield {key: 0.5 if isinstance(value, float) else value for key, value in generation.items()}, []
    for key in sorted(sizes.keys() - {"vocab_size", "pad_token_id"}):
        yield {}, [key]
    if "sliding_window" in fields:
        yield {**SLIDING, "max_window_layers": LAYERS}, []
        yield {**SLIDING, "max_window_layers": 1}, []
        for types in (["full_attention"] * LAYERS, ["full_attention", "sliding_attention"]):
            yield {**SLIDING, "layer_types": types}, []
    ropes = ROPE if name in WITH_ALL or name in ("gemma3_text", "phi3", "stablelm") else ROPE[::6]
    for change in [*(ropes if "rope_parameters" in fields else []), *MORE.get(name, [])]:
        yield change, []


def refuses(change, name):
    by_all = change in REFUSED and not change.keys() & set(RUN.get(name, []))
    return by_all or change in REFUSED_BY.get(name, []) or misfits(change, name)


def misfits(change, name):
    """Whether longrope has factors for other pairs than there are, which PyTorch broadcasts."""
    settings = change.get("rope_scaling")
    if not isinstance(settings, dict) or "short_factor" not in settings:
        return False
    rotated = 8 * settings.get("partial_rotary_factor", 0.25 if name in ("gpt_neox", "stablelm") else 1)
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
    config_class, sizes, weights = ARCHITECTURES[name]
    generator = torch.Generator().manual_seed(seed)
    folder = output / name
    shutil.rmtree(folder, ignore_errors=True)
    model = AutoModelForCausalLM.from_config(config_class(**{**sizes, **weights}))
    with torch.no_grad():
        for parameter_name, parameter in model.named_parameters():
            parameter.normal_(std=0.25, generator=generator)
            is_norm = any(part in parameter_name for part in ("norm", "ln_"))
            if is_norm and parameter_name.endswith("weight") and "gemma" not in name:
                parameter.add_(1.0)
    model.to(torch.bfloat16).save_pretrained(folder)
    (folder / "generation_config.json").unlink()
    config = {"architectures": [type(model).__name__], "model_type": name, **sizes}
    (folder / "config.json").write_text(json.dumps(config, indent=2) + "\n")
    texts = make_texts(generator)
    (folder / "texts.json").write_text(json.dumps(texts) + "\n")
    cases = []
    for change, without in [({}, []), *changes(name)]:
        changed = {key: value for key, value in {**config, **change}.items() if key not in without}
        with tempfile.TemporaryDirectory() as copy:
            shutil.copyfile(folder / "model.safetensors", Path(copy) / "model.safetensors")
            (Path(copy) / "config.json").write_text(json.dumps(changed))
            print(f"  {name} {json.dumps(change)[:100]} {without}", flush=True)
            figures = cases[0]["logLikelihoods"] if change in FORM else score(copy, texts)
        case = {"change": change, "without": without, "logLikelihoods": figures}
        if figures and refuses(change, name):
            case["refused"] = True
        cases.append(case)
    lines = ",\n".join(json.dumps(case) for case in cases)
    (folder / "cases.json").write_text(f"[\n{lines}\n]\n")


def main():
    parser = argparse.ArgumentParser(description="Write what transformers makes of every key of config.json.")
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--only", nargs="+", choices=ARCHITECTURES, default=list(ARCHITECTURES))
    options = parser.parse_args()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    warnings.simplefilter("ignore")
    torch.set_num_threads(1)
    for seed, name in enumerate(ARCHITECTURES):
        if name in options.only:
            write(name, options.output, seed)


if __name__ == "__main__":
    main()
