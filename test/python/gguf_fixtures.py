"""Writes test/fixtures/gguf: GGUF files by Python's `gguf` package, and what they are worth.

    python test/python/gguf_fixtures.py        (in the repository's root)

types.gguf has a tensor of random blocks of each type, and types.json the sha256 of what `gguf.dequantize` makes of it. The
others are models of test/fixtures/model in llama.cpp's layout, quantised, with what transformers' model of the widened
weights says of some requests in expected.json, as fixtures.py has them.
"""

import hashlib
import json
from pathlib import Path

import gguf
import numpy as np
import torch
from fixtures import make_requests, score
from gguf import GGMLQuantizationType as Type
from transformers import AutoConfig, AutoModelForCausalLM

FOLDER = Path("test/fixtures/gguf")
BLOCKS = ["Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q8_0", "Q4_K", "Q5_K", "Q6_K"]
# Where the binary16 numbers of a block stand: they are to be numbers, and negative ones and zeros among them.
HALVES = {"Q4_K": (0, 2), "Q5_K": (0, 2), "Q6_K": (208,), "Q4_1": (0, 2), "Q5_1": (0, 2)}


def write_types():
    rng = np.random.default_rng(0)
    writer = gguf.GGUFWriter(FOLDER / "types.gguf", "llama")
    hashes = {}

    def add(name, values, kind):
        writer.add_tensor(name, values, raw_dtype=kind)
        widened = np.ascontiguousarray(gguf.dequantize(values, kind), dtype="<f4")
        hashes[name] = hashlib.sha256(widened.tobytes()).hexdigest()

    floats = rng.standard_normal((3, 32)).astype("<f4")
    add("F32", floats, Type.F32)
    add("F16", floats.astype("<f2"), Type.F16)
    add("BF16", gguf.quantize(floats, Type.BF16), Type.BF16)
    for name in BLOCKS:
        kind = Type[name]
        _, size = gguf.GGML_QUANT_SIZES[kind]
        blocks = rng.integers(0, 256, (12, size), dtype=np.uint8)
        for at in HALVES.get(name, (0,)):
            halves = (rng.standard_normal(12) * 0.1).astype("<f2")
            halves[3], halves[7] = 0.0, 2.0**-24
            blocks[:, at : at + 2] = halves.view(np.uint8).reshape(12, 2)
        add(name, blocks.reshape(3, -1), kind)
    finish(writer)
    (FOLDER / "types.json").write_text(json.dumps(hashes) + "\n")


def finish(writer):
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def permute(weights, heads):
    """conversion/llama.py of llama.cpp."""
    return weights.reshape(heads, 2, weights.shape[0] // heads // 2, *weights.shape[1:]).swapaxes(1, 2).reshape(weights.shape)


def blocks_of_qkv(weights, heads):
    """conversion/gptneox.py of llama.cpp: from q, k, v of each head to all q, all k, all v."""
    parts = weights.reshape(heads, 3, -1, *weights.shape[1:])
    return np.concatenate([parts[:, i].reshape(-1, *weights.shape[1:]) for i in range(3)])


LLAMA_PARTS = {
    "input_layernorm": "attn_norm",
    "post_attention_layernorm": "ffn_norm",
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
}
NEOX_PARTS = {
    "input_layernorm": "attn_norm",
    "post_attention_layernorm": "ffn_norm",
    "attention.query_key_value": "attn_qkv",
    "attention.dense": "attn_output",
    "mlp.dense_h_to_4h": "ffn_up",
    "mlp.dense_4h_to_h": "ffn_down",
}
OUTER = {
    "embed_tokens": "token_embd",
    "embed_in": "token_embd",
    "norm": "output_norm",
    "final_layer_norm": "output_norm",
    "lm_head": "output",
    "embed_out": "output",
}


def converted(name, values, architecture, config):
    """llama.cpp's name and layout of a tensor."""
    *path, kind = name.split(".")
    if "layers" not in path:
        return f"{OUTER[path[-1]]}.{kind}", values
    at = path.index("layers") + 1
    parts = NEOX_PARTS if architecture == "gptneox" else LLAMA_PARTS
    part = parts[".".join(path[at + 1 :])]
    if architecture == "llama" and part in ("attn_q", "attn_k"):
        values = permute(values, config.num_attention_heads if part == "attn_q" else config.num_key_value_heads)
    if part == "attn_qkv":
        values = blocks_of_qkv(values, config.num_attention_heads)
    return f"blk.{path[at]}.{part}.{kind}", values


@torch.no_grad()
def write_model(name, base, architecture, kind, generator):
    config = AutoConfig.from_pretrained(base)
    model = AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32).eval()
    writer = gguf.GGUFWriter(FOLDER / f"{name}.gguf", architecture)
    write_metadata(writer, config, Path(base), architecture)
    tied = config.tie_word_embeddings
    state = {key: value for key, value in model.state_dict().items() if not (tied and "lm_head" in key)}
    for key, value in state.items():
        stored, values = converted(key, value.numpy(), architecture, config)
        values = np.ascontiguousarray(values)
        exact = values.ndim == 1
        data = values if exact else gguf.quantize(values, kind)
        writer.add_tensor(stored, data, raw_dtype=Type.F32 if exact else kind)
        if not exact:
            value.copy_(torch.from_numpy(gguf.dequantize(gguf.quantize(value.numpy(), kind), kind).astype("f4")))
    finish(writer)
    requests = make_requests(model, generator)
    return [
        {"context": context, "continuation": continuation, "logLikelihood": likelihood, "greedy": greedy}
        for context, continuation in requests
        for likelihood, greedy in [score(model, context, continuation)]
    ]


def write_metadata(writer, config, base, architecture):
    tokenizer = json.loads((base / "tokenizer.json").read_text())["model"]
    tokens = sorted(tokenizer["vocab"], key=tokenizer["vocab"].get)
    writer.add_context_length(config.max_position_embeddings)
    writer.add_embedding_length(config.hidden_size)
    writer.add_block_count(config.num_hidden_layers)
    writer.add_feed_forward_length(config.intermediate_size)
    writer.add_head_count(config.num_attention_heads)
    rope = config.rope_parameters
    if architecture == "gptneox":
        writer.add_layer_norm_eps(config.layer_norm_eps)
        writer.add_parallel_residual(config.use_parallel_residual)
        size = config.hidden_size // config.num_attention_heads
        writer.add_rope_dimension_count(int(size * rope["partial_rotary_factor"]))
    else:
        writer.add_head_count_kv(config.num_key_value_heads)
        writer.add_layer_norm_rms_eps(config.rms_norm_eps)
    writer.add_rope_freq_base(rope["rope_theta"])
    if rope["rope_type"] == "llama3":
        writer.add_tensor("rope_freqs.weight", llama3_factors(config), raw_dtype=Type.F32)
    if rope["rope_type"] == "yarn":
        writer.add_rope_scaling_type(gguf.RopeScalingType.YARN)
        writer.add_rope_scaling_factor(rope["factor"])
        writer.add_rope_scaling_orig_ctx_len(rope["original_max_position_embeddings"])
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("gpt-2")
    writer.add_token_list(tokens)
    writer.add_token_types([3 if token == "<|endoftext|>" else 1 for token in tokens])
    writer.add_token_merges([" ".join(merge) for merge in tokenizer["merges"]])
    writer.add_bos_token_id(0)
    writer.add_eos_token_id(0)


def llama3_factors(config):
    """conversion/llama.py of llama.cpp: what each frequency is divided by."""
    rope, size = config.rope_parameters, config.head_dim
    frequencies = 1.0 / rope["rope_theta"] ** (np.arange(0, size, 2, dtype="f4") / size)
    low = rope["original_max_position_embeddings"] / rope["low_freq_factor"]
    high = rope["original_max_position_embeddings"] / rope["high_freq_factor"]

    def factor(frequency):
        wavelength = 2 * np.pi / frequency
        if wavelength < high:
            return 1.0
        if wavelength > low:
            return rope["factor"]
        smooth = rope["original_max_position_embeddings"] / wavelength - rope["low_freq_factor"]
        smooth /= rope["high_freq_factor"] - rope["low_freq_factor"]
        return 1 / ((1 - smooth) / rope["factor"] + smooth)

    return np.array([factor(frequency) for frequency in frequencies], dtype="f4")


MODELS = {
    "llama-q8_0": ("test/fixtures/model/llama-untied", "llama", Type.Q8_0),
    "llama3-f16": ("test/fixtures/model/llama3-rope", "llama", Type.F16),
    "qwen2-q4_0": ("test/fixtures/model/qwen2-tied", "qwen2", Type.Q4_0),
    "gptneox-q5_1": ("test/fixtures/model/transformers4", "gptneox", Type.Q5_1),
}


def main():
    FOLDER.mkdir(parents=True, exist_ok=True)
    write_types()
    generator = torch.Generator().manual_seed(0)
    expected = {name: write_model(name, *settings, generator) for name, settings in MODELS.items()}
    (FOLDER / "expected.json").write_text(json.dumps(expected) + "\n")


if __name__ == "__main__":
    main()
