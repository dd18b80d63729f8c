"""The paper's equations by plain recursion in float64 numpy, one token at a time: slow, obvious, and independent of
modeling_hon.py, which is checked against it. GPT-NeoX, Qwen2 and Llama."""

import math

import numpy as np


def logits(config, weights, ids):
    """config: config.json as a dict; weights: {name: float64 array}; ids: token ids of one sequence. [n, vocabulary]"""
    if config["model_type"] == "gpt_neox":
        return gpt_neox(config, weights, ids)
    return llama(config, weights, ids)


def gpt_neox(config, weights, ids):
    x = weights["gpt_neox.embed_in.weight"][ids]
    eps = config["layer_norm_eps"]
    for index in range(config["num_hidden_layers"]):
        layer = f"gpt_neox.layers.{index}"
        normed = layer_norm(weights, f"{layer}.input_layernorm", x, eps)
        attention = linear(weights, f"{layer}.attention.dense", order_m(config, weights, f"{layer}.attention", normed))
        after = x if config["use_parallel_residual"] else x + attention
        inner = layer_norm(weights, f"{layer}.post_attention_layernorm", after, eps)
        mlp = linear(weights, f"{layer}.mlp.dense_4h_to_h", gelu(linear(weights, f"{layer}.mlp.dense_h_to_4h", inner)))
        x = x + attention + mlp
    x = layer_norm(weights, "gpt_neox.final_layer_norm", x, eps)
    tied = config.get("tie_word_embeddings")
    return x @ weights["gpt_neox.embed_in.weight" if tied else "embed_out.weight"].T


def llama(config, weights, ids):
    x = weights["model.embed_tokens.weight"][ids]
    eps = config["rms_norm_eps"]
    for index in range(config["num_hidden_layers"]):
        layer = f"model.layers.{index}"
        normed = rms_norm(weights, f"{layer}.input_layernorm", x, eps)
        x = x + linear(weights, f"{layer}.self_attn.o_proj", order_m(config, weights, f"{layer}.self_attn", normed))
        normed = rms_norm(weights, f"{layer}.post_attention_layernorm", x, eps)
        gate, up = (linear(weights, f"{layer}.mlp.{name}_proj", normed) for name in ("gate", "up"))
        x = x + linear(weights, f"{layer}.mlp.down_proj", gate / (1 + np.exp(-gate)) * up)
    x = rms_norm(weights, "model.norm", x, eps)
    tied = config.get("tie_word_embeddings")
    return x @ weights["model.embed_tokens.weight" if tied else "lm_head.weight"].T


def order_m(config, weights, name, x):
    """The attention of a layer before its output projection, by the recursion of Eq. 6-12 as a tree of 2^m calls."""
    hon = config.get("hon") or {"order": 1, "projections": [], "inner": "shared"}

    def attention(name, order):
        return attend(config, *(refined(name, role, order) for role in "qkv"))

    def refined(name, role, order):
        if order == 1 or role not in hon["projections"]:
            return project(config, weights, name, role, x)
        if hon["inner"] == "self":
            p = refined(name, role, order - 1)
            return attend(config, p, p, p)
        inner = name if hon["inner"] == "shared" else f"{name}.hon.{role}"
        return project(config, weights, name, role, join(attention(inner, order - 1)))

    return join(attention(name, hon["order"]))


def project(config, weights, name, role, x):
    """[heads, n, dh]"""
    size = head_size(config)
    if config["model_type"] == "gpt_neox":
        fused = linear(weights, f"{name}.query_key_value", x)
        start = "qkv".index(role) * size
        return np.stack([fused[:, at + start : at + start + size] for at in range(0, fused.shape[1], 3 * size)])
    projected = linear(weights, f"{name}.{role}_proj", x)
    return np.stack([projected[:, at : at + size] for at in range(0, projected.shape[1], size)])


def attend(config, q, k, v):
    """Causal attention per head, q [H, n, dh] over k and v [G, n, dh], rotary on q and k: [H, n, dh]."""
    heads, n, size = q.shape
    out = np.zeros((heads, n, size))
    for head in range(heads):
        group = head // (heads // k.shape[0])
        for i in range(n):
            query = rotate(config, q[head, i], i)
            scores = np.array([query @ rotate(config, k[group, j], j) for j in range(i + 1)]) / math.sqrt(size)
            weights = np.exp(scores - scores.max())
            out[head, i] = weights / weights.sum() @ v[group, : i + 1]
    return out


def rotate(config, x, position):
    rope = config["rope_parameters"]
    size = int(len(x) * rope.get("partial_rotary_factor", 1.0))
    half = size // 2
    out = x.copy()
    for i in range(half):
        angle = position * rope["rope_theta"] ** (-2 * i / size)
        out[i] = x[i] * math.cos(angle) - x[i + half] * math.sin(angle)
        out[i + half] = x[i + half] * math.cos(angle) + x[i] * math.sin(angle)
    return out


def head_size(config):
    return config["hidden_size"] // config["num_attention_heads"]


def join(heads):
    """[H, n, dh] to [n, H·dh]"""
    return np.concatenate(list(heads), axis=-1)


def linear(weights, name, x):
    return x @ weights[f"{name}.weight"].T + weights.get(f"{name}.bias", 0.0)


def layer_norm(weights, name, x, eps):
    centred = x - x.mean(-1, keepdims=True)
    scaled = centred / np.sqrt((centred**2).mean(-1, keepdims=True) + eps)
    return scaled * weights[f"{name}.weight"] + weights[f"{name}.bias"]


def rms_norm(weights, name, x, eps):
    return x / np.sqrt((x**2).mean(-1, keepdims=True) + eps) * weights[f"{name}.weight"]


def gelu(x):
    return 0.5 * x * (1 + np.vectorize(math.erf)(x / math.sqrt(2)))
