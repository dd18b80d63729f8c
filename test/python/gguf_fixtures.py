"""Writes test/fixtures/gguf: GGUF files by Python's `gguf` package, and what they are worth.

    python test/python/gguf_fixtures.py        (in the repository's root)

types.gguf has a tensor of random blocks of each type, and types.json the sha256 of what `gguf.dequantize` makes of it. The
others are models of test/fixtures/model in llama.cpp's layout, quantised, with what transformers' model of the widened
weights says of some requests in expected.json, as fixtures.py has them.
"""

import hashlib
import json
import math
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


NORMS = {"input_layernorm": "attn_norm", "post_attention_layernorm": "ffn_norm"}
ATTENTION = {f"self_attn.{role}_proj": f"attn_{role}" for role in "qkv"} | {"self_attn.o_proj": "attn_output"}
MLP = {f"mlp.{part}_proj": f"ffn_{part}" for part in ("gate", "up", "down")}
HEAD_NORMS = {f"self_attn.{role}_norm": f"attn_{role}_norm" for role in "qk"}
NORMS_BEHIND = {"post_attention_layernorm": "post_attention_norm", "post_feedforward_layernorm": "post_ffw_norm"}
GEMMA_NORMS = {**NORMS_BEHIND, "input_layernorm": "attn_norm", "pre_feedforward_layernorm": "ffn_norm"}
LLAMA = {**ATTENTION, **MLP, **NORMS}
# llama.cpp's names of a layer's parts, by transformers'.
PARTS = {
    "llama": LLAMA,
    "smollm3": LLAMA,
    "qwen2": LLAMA,
    "qwen3": {**LLAMA, **HEAD_NORMS},
    "olmo2": {**ATTENTION, **MLP, **HEAD_NORMS, **NORMS_BEHIND},
    "gemma2": {**ATTENTION, **MLP, **GEMMA_NORMS},
    "gemma3": {**ATTENTION, **MLP, **GEMMA_NORMS, **HEAD_NORMS},
    "stablelm": LLAMA,
    "phi3": {
        **NORMS,
        "self_attn.qkv_proj": "attn_qkv",
        "self_attn.o_proj": "attn_output",
        "mlp.gate_up_proj": "ffn_up",
        "mlp.down_proj": "ffn_down",
    },
    "gpt2": {
        "ln_1": "attn_norm",
        "ln_2": "ffn_norm",
        "attn.c_attn": "attn_qkv",
        "attn.c_proj": "attn_output",
        "mlp.c_fc": "ffn_up",
        "mlp.c_proj": "ffn_down",
    },
    "gptneox": {
        **NORMS,
        "attention.query_key_value": "attn_qkv",
        "attention.dense": "attn_output",
        "mlp.dense_h_to_4h": "ffn_up",
        "mlp.dense_4h_to_h": "ffn_down",
    },
}
OUTER = {
    "embed_tokens": "token_embd",
    "embed_in": "token_embd",
    "wte": "token_embd",
    "wpe": "position_embd",
    "norm": "output_norm",
    "ln_f": "output_norm",
    "final_layer_norm": "output_norm",
    "lm_head": "output",
    "embed_out": "output",
}


def converted(name, values, architecture, config):
    """llama.cpp's name and layout of a tensor."""
    *path, kind = name.split(".")
    if "gemma" in architecture and path[-1].endswith("norm"):
        values = values + 1
    if not any(part.isdigit() for part in path):
        return f"{OUTER[path[-1]]}.{kind}", values
    at = next(i for i, part in enumerate(path) if part.isdigit())
    part = PARTS[architecture][".".join(path[at + 1 :])]
    if architecture in ("llama", "smollm3") and part in ("attn_q", "attn_k"):
        values = permute(values, config.num_attention_heads if part == "attn_q" else config.num_key_value_heads)
    if architecture == "gptneox" and part == "attn_qkv":
        values = blocks_of_qkv(values, config.num_attention_heads)
    if architecture == "gpt2" and values.ndim == 2:
        values = values.T
    return f"blk.{path[at]}.{part}.{kind}", values


def stack_head_norms(state):
    """conversion/stablelm.py of llama.cpp: the norms of a layer's heads are rows of one tensor."""
    stacked = {}
    for name in [name for name in state if "layernorm.norms." in name]:
        before, _, role = name.partition(".norms.")[0].rpartition(".self_attn.")
        layer = before.rpartition(".")[2]
        stacked.setdefault(f"blk.{layer}.attn_{role[0]}_norm.weight", []).append(state.pop(name).numpy())
    return {name: np.stack(rows) for name, rows in stacked.items()}


@torch.no_grad()
def write_model(name, base, architecture, kind, generator, changes):
    config = AutoConfig.from_pretrained(base, **changes)
    model = AutoModelForCausalLM.from_pretrained(base, config=config, dtype=torch.float32).eval()
    for key, value in model.named_parameters():
        if "layernorm.norms." in key:  # which the base has not
            value.normal_(1, 0.25, generator=generator)
    writer = gguf.GGUFWriter(FOLDER / f"{name}.gguf", architecture)
    write_metadata(writer, config, Path(base), architecture)
    tied = config.tie_word_embeddings
    state = {key: value for key, value in model.state_dict().items() if not (tied and "lm_head" in key)}
    for stored, values in stack_head_norms(state).items():
        writer.add_tensor(stored, values, raw_dtype=Type.F32)
    for key, value in state.items():
        stored, values = converted(key, value.numpy(), architecture, config)
        values = np.ascontiguousarray(values)
        exact = values.ndim == 1
        data = values if exact else gguf.quantize(values, kind)
        writer.add_tensor(stored, data, raw_dtype=Type.F32 if exact else kind)
        if not exact:
            widened = gguf.dequantize(data, kind).astype("f4")
            value.copy_(torch.from_numpy(restored(widened, stored, architecture, config)))
    finish(writer)
    requests = make_requests(model, generator)
    return [
        {"context": context, "continuation": continuation, "logLikelihood": likelihood, "greedy": greedy}
        for context, continuation in requests
        for likelihood, greedy in [score(model, context, continuation)]
    ]


def restored(values, stored, architecture, config):
    """transformers' layout of a matrix in llama.cpp's: where blocks run across what a converter moves."""
    if architecture == "gpt2" and stored.startswith("blk."):
        return np.ascontiguousarray(values.T)
    if architecture in ("llama", "smollm3") and (".attn_q." in stored or ".attn_k." in stored):
        heads = config.num_attention_heads if ".attn_q." in stored else config.num_key_value_heads
        half = values.shape[0] // heads // 2
        return np.ascontiguousarray(values.reshape(heads, half, 2, -1).swapaxes(1, 2).reshape(values.shape))
    if architecture == "gptneox" and ".attn_qkv." in stored:
        heads = config.num_attention_heads
        parts = values.reshape(3, heads, -1, values.shape[1])
        return np.ascontiguousarray(parts.swapaxes(0, 1).reshape(values.shape))
    return values


def write_metadata(writer, config, base, architecture):
    tokenizer = json.loads((base / "tokenizer.json").read_text())["model"]
    tokens = sorted(tokenizer["vocab"], key=tokenizer["vocab"].get)
    writer.add_context_length(config.max_position_embeddings)
    writer.add_embedding_length(config.hidden_size)
    writer.add_block_count(config.num_hidden_layers)
    writer.add_feed_forward_length(config.n_inner if architecture == "gpt2" else config.intermediate_size)
    writer.add_head_count(config.num_attention_heads)
    rope = getattr(config, "rope_parameters", None) or {}
    if hasattr(config, "num_key_value_heads"):
        writer.add_head_count_kv(config.num_key_value_heads)
    if hasattr(config, "rms_norm_eps"):
        writer.add_layer_norm_rms_eps(config.rms_norm_eps)
    else:
        writer.add_layer_norm_eps(getattr(config, "layer_norm_eps", None) or config.layer_norm_epsilon)
    if architecture in ("gptneox", "stablelm", "phi3"):
        size = config.hidden_size // config.num_attention_heads
        writer.add_rope_dimension_count(int(size * rope["partial_rotary_factor"]))
    if hasattr(config, "use_parallel_residual"):
        writer.add_parallel_residual(config.use_parallel_residual)
    if architecture in ("gemma2", "gemma3", "qwen3"):
        writer.add_key_length(config.head_dim)
    if architecture in ("gemma2", "gemma3", "phi3"):
        writer.add_sliding_window(config.sliding_window)
    if architecture == "gemma2":
        writer.add_attn_logit_softcapping(config.attn_logit_softcapping)
        writer.add_final_logit_softcapping(config.final_logit_softcapping)
    if architecture == "gemma3":
        writer.add_final_logit_softcapping(config.final_logit_softcapping)
        writer.add_sliding_window_pattern(3)
        writer.add_rope_freq_base_swa(rope["sliding_attention"]["rope_theta"])
        rope = rope["full_attention"]
    if "rope_theta" in rope:
        writer.add_rope_freq_base(rope["rope_theta"])
    write_scaling(writer, config, rope)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("gpt-2")
    writer.add_token_list(tokens)
    writer.add_token_types([3 if token == "<|endoftext|>" else 1 for token in tokens])
    writer.add_token_merges([" ".join(merge) for merge in tokenizer["merges"]])
    writer.add_bos_token_id(0)
    writer.add_eos_token_id(0)


def write_scaling(writer, config, rope):
    kind = rope.get("rope_type")
    if kind == "llama3":
        writer.add_tensor("rope_freqs.weight", llama3_factors(config), raw_dtype=Type.F32)
    if kind == "linear":
        writer.add_rope_scaling_type(gguf.RopeScalingType.LINEAR)
        writer.add_rope_scaling_factor(rope["factor"])
    if kind == "yarn":
        writer.add_rope_scaling_type(gguf.RopeScalingType.YARN)
        writer.add_rope_scaling_factor(rope["factor"])
        writer.add_rope_scaling_orig_ctx_len(rope["original_max_position_embeddings"])
    if kind == "longrope":
        original = config.original_max_position_embeddings
        scale = config.max_position_embeddings / original
        writer.add_rope_scaling_orig_ctx_len(original)
        writer.add_rope_scaling_attn_factors(math.sqrt(1 + math.log(scale) / math.log(original)))
        for length in ("long", "short"):
            factors = np.array(rope[f"{length}_factor"], dtype="f4")
            writer.add_tensor(f"rope_factors_{length}.weight", factors, raw_dtype=Type.F32)


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


def fixture(name):
    return f"test/fixtures/model/{name}"


# The model that each is made from, llama.cpp's name of its architecture, and what llama.cpp takes to be otherwise.
MODELS = {
    "llama-q8_0": (fixture("llama-untied"), "llama", Type.Q8_0, {}),
    "llama3-f16": (fixture("llama3-rope"), "llama", Type.F16, {}),
    "qwen2-q4_0": (fixture("qwen2-tied"), "qwen2", Type.Q4_0, {}),
    "gptneox-q5_1": (fixture("transformers4"), "gptneox", Type.Q5_1, {}),
    "qwen3-q8_0": (fixture("qwen3-transformers4"), "qwen3", Type.Q8_0, {}),
    "olmo2-q4_0": (fixture("olmo2"), "olmo2", Type.Q4_0, {}),
    "smollm3-q8_0": (
        fixture("smollm3"),
        "smollm3",
        Type.Q8_0,
        {"no_rope_layers": [1, 1], "layer_types": ["full_attention"] * 2, "use_sliding_window": False},
    ),
    "gemma2-q5_0": (fixture("gemma2"), "gemma2", Type.Q5_0, {"query_pre_attn_scalar": 16}),
    "gemma3-q4_1": (fixture("gemma3_text"), "gemma3", Type.Q4_1, {"query_pre_attn_scalar": 16}),
    "phi3-q8_0": (fixture("phi3"), "phi3", Type.Q8_0, {}),
    "stablelm-q8_0": (fixture("stablelm"), "stablelm", Type.Q8_0, {"qk_layernorm": True}),
    "gpt2-f16": (fixture("gpt2"), "gpt2", Type.F16, {"scale_attn_by_inverse_layer_idx": False}),
}


def main():
    FOLDER.mkdir(parents=True, exist_ok=True)
    write_types()
    generator = torch.Generator().manual_seed(0)
    expected = {
        name: write_model(name, base, architecture, kind, generator, changes)
        for name, (base, architecture, kind, changes) in MODELS.items()
    }
    (FOLDER / "expected.json").write_text(json.dumps(expected) + "\n")


if __name__ == "__main__":
    main()
