"""A checkpoint whose weights are a formula, so that figures can be frozen without shipping weights.

Tensors are numbered in the sorted order of their names. Element i of tensor t, counted in row-major order, is the
32-bit hash of t · 0x9E3779B1 + i (MurmurHash3's finalizer, all arithmetic modulo 2^32), of which the upper 24 bits h
make the weight h / 2^23 - 1: a multiple of 2^-23 in [-1, 1), exact in float32. model.safetensors holds the tensors in
the same order under a header of compact JSON, padded with spaces to a multiple of 8 bytes. test/fixtures_recipe.ts
does the same.
"""

import json
import shutil
from pathlib import Path

import numpy as np

# Pythia's tokenizer and architecture around a model of no size.
CONFIG = {
    "architectures": ["GPTNeoXForCausalLM"],
    "model_type": "gpt_neox",
    "vocab_size": 50304,
    "hidden_size": 16,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 64,
    "max_position_embeddings": 2048,
    "hidden_act": "gelu",
    "rotary_pct": 0.25,
    "rotary_emb_base": 10000,
    "layer_norm_eps": 1e-05,
    "use_parallel_residual": True,
    "tie_word_embeddings": False,
    "bos_token_id": 0,
    "eos_token_id": 0,
    "torch_dtype": "float32",
}


def shapes(config):
    """{name: shape} of a standard GPT-NeoX."""
    width, inner, vocabulary = (config[key] for key in ("hidden_size", "intermediate_size", "vocab_size"))
    tensors = {"gpt_neox.embed_in.weight": [vocabulary, width], "embed_out.weight": [vocabulary, width]}
    modules = {"gpt_neox.final_layer_norm": [width]}
    for index in range(config["num_hidden_layers"]):
        layer = f"gpt_neox.layers.{index}"
        modules |= {
            f"{layer}.input_layernorm": [width],
            f"{layer}.post_attention_layernorm": [width],
            f"{layer}.attention.query_key_value": [3 * width, width],
            f"{layer}.attention.dense": [width, width],
            f"{layer}.mlp.dense_h_to_4h": [inner, width],
            f"{layer}.mlp.dense_4h_to_h": [width, inner],
        }
    for name, shape in modules.items():
        tensors |= {f"{name}.weight": shape, f"{name}.bias": shape[:1]}
    return dict(sorted(tensors.items()))


def weights(tensor, count):
    """Elements 0 … count - 1 of a tensor, float32."""
    h = np.uint32(tensor * 0x9E3779B1 % 2**32) + np.arange(count, dtype=np.uint32)
    h = (h ^ h >> np.uint32(16)) * np.uint32(0x85EBCA6B)
    h = (h ^ h >> np.uint32(13)) * np.uint32(0xC2B2AE35)
    h ^= h >> np.uint32(16)
    return (h >> np.uint32(8)).astype(np.float32) / np.float32(2**23) - np.float32(1)


def safetensors(config):
    """The bytes of model.safetensors."""
    header, parts, end = {}, [], 0
    for tensor, (name, shape) in enumerate(shapes(config).items()):
        data = weights(tensor, int(np.prod(shape))).tobytes()
        header[name] = {"dtype": "F32", "shape": shape, "data_offsets": [end, end + len(data)]}
        end += len(data)
        parts.append(data)
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    return len(text).to_bytes(8, "little") + text + b"".join(parts)


def write(folder, tokenizer, config=CONFIG):
    """The checkpoint, with a copy of the tokenizer.json at `tokenizer`."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text(json.dumps(config, indent=2) + "\n")
    (folder / "model.safetensors").write_bytes(safetensors(config))
    write_tokenizer(folder, tokenizer)


def write_tokenizer(folder, tokenizer):
    """tokenizer.json with what tokenizer_config.json of Pythia says."""
    shutil.copyfile(tokenizer, folder / "tokenizer.json")
    end = "<|endoftext|>"
    special = {"tokenizer_class": "GPTNeoXTokenizer", "bos_token": end, "eos_token": end, "unk_token": end}
    (folder / "tokenizer_config.json").write_text(json.dumps(special, indent=2) + "\n")
