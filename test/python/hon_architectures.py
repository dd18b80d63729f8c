"""Writes test/fixtures/hon_architectures.json: checkpoints of test/fixtures/model with Higher-Order Attention, by the
recursion of Eq. 6-12 written out as a tree of calls, in float64, on transformers' own projections, norms, rotary embedding
and eager attention.

    python test/python/hon_architectures.py --models test/fixtures/model --output test/fixtures/hon_architectures.json

Each entry has the checkpoint, the `hon` key and the log-likelihoods of the requests in the checkpoint's expected.json.
"""

import argparse
import importlib
import json
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import torch
from transformers import AutoModelForCausalLM

# Checkpoints, and what their `hon` keys are: inner, order, projections.
CASES = {
    "mistral": [("self", 3, "qk")],
    "mistral-transformers4": [("separate", 2, "qkv")],
    "qwen2-window": [("shared", 2, "qk"), ("separate", 2, "qk")],
    "qwen3": [("self", 2, "qkv")],
    "qwen3-transformers4": [("shared", 3, "qk"), ("separate", 2, "qk")],
    "gemma2": [("self", 2, "qk")],
    "gemma3_text": [("self", 2, "qk")],
    "phi3": [("separate", 2, "qk"), ("self", 2, "qk")],
    "olmo2": [("shared", 2, "qkv"), ("separate", 3, "qk")],
    "smollm3": [("shared", 3, "qk"), ("separate", 2, "qk")],
    "stablelm": [("shared", 2, "qk")],
    "stablelm-parallel": [("separate", 2, "qk"), ("self", 2, "qk")],
    "gpt2": [("shared", 2, "qk"), ("separate", 3, "qk"), ("self", 2, "qkv")],
    "opt": [("separate", 2, "qkv"), ("self", 2, "qk")],
}


def attentions_of(model):
    names = [name for name, _ in model.named_modules() if name.rpartition(".")[2] in ("self_attn", "attn")]
    return [model.get_submodule(name) for name in names]


def higher_order(attention, module, hon, inner_node):
    """What stands in place of an attention's `forward`: `inner_node` gives the projections at a path such as "qk", by the
    roles from the outer attention down; the attention's own are at the empty one."""
    inner, order, roles = hon
    across = attention.config.model_type == "olmo2"  # its norms are over all heads at once

    def project(node, role, x):
        if hasattr(node, "c_attn") or hasattr(node, "qkv_proj"):
            fused = (node.c_attn if hasattr(node, "c_attn") else node.qkv_proj)(x)
            keys = (fused.shape[-1] - attention.config.num_attention_heads * attention.head_dim) // 2
            projected = fused.split([fused.shape[-1] - 2 * keys, keys, keys], -1)["qkv".index(role)]
        else:
            projected = getattr(node, f"{role}_proj")(x)
        norms = [getattr(node, f"{role}_{name}", None) for name in ("norm", "layernorm")] if role != "v" else []
        norm = next((norm for norm in norms if norm), None)
        projected = norm(projected) if norm and across else projected
        heads = projected.view(*x.shape[:-1], -1, attention.head_dim).transpose(1, 2)
        return norm(heads) if norm and not across else heads

    def forward(hidden_states, position_embeddings=None, attention_mask=None, **_):
        def attend(q, k, v):
            if position_embeddings and getattr(attention, "use_rope", True):
                q, k = rotate(q, k, *position_embeddings)
            stub = SimpleNamespace(num_key_value_groups=q.shape[1] // k.shape[1], training=False)
            cap = {"softcap": attention.attn_logit_softcapping} if attention.config.model_type == "gemma2" else {}
            options = {"scaling": attention.scaling, "dropout": 0.0, **cap}
            return module.eager_attention_forward(stub, q, k, v, attention_mask, **options)[0]

        def rotate(q, k, cos, sin):
            size = cos.shape[-1]
            turned = module.apply_rotary_pos_emb(q[..., :size], k[..., :size], cos, sin)
            return [torch.cat([part, x[..., size:]], -1) for part, x in zip(turned, (q, k))]

        def refined(role, order, path):
            node = inner_node(path)
            if order == 1 or role not in roles:
                return project(node, role, hidden_states)
            if inner == "self":
                p = refined(role, order - 1, path)
                return attend(p, p, p).transpose(1, 2)
            below = attention_of(order - 1, path + role if inner == "separate" else path)
            return project(node, role, below.flatten(-2))

        def attention_of(order, path):
            return attend(*(refined(role, order, path) for role in "qkv"))

        output = next(getattr(attention, name) for name in ("o_proj", "out_proj", "c_proj") if hasattr(attention, name))
        return output(attention_of(order, "").flatten(-2)), None

    return forward


def use_higher_order(model, hon, inner_node):
    """@param inner_node: (layer, path) to a node, as `higher_order` takes it."""
    module = importlib.import_module(type(model).__module__)
    for layer, attention in enumerate(attentions_of(model)):
        attention.forward = higher_order(attention, module, hon, partial(inner_node, layer))


@torch.no_grad()
def likelihoods(folder, hon):
    """With projections of its own, an inner attention has those of another layer: the next one for q, the one behind that
    for k, the third for v, and so on down."""
    options = {"dtype": torch.float32, "attn_implementation": "eager"}
    model = AutoModelForCausalLM.from_pretrained(folder, **options).eval().double()
    attentions = attentions_of(model)

    def inner_node(layer, path):
        return attentions[(layer + sum(1 + "qkv".index(role) for role in path)) % len(attentions)]

    use_higher_order(model, hon, inner_node)

    def score(context, continuation):
        ids = torch.tensor([(context + continuation)[:-1]])
        logits = model(ids, use_cache=False).logits[0, -len(continuation) :]
        return logits.log_softmax(-1).gather(-1, torch.tensor(continuation)[:, None]).sum().item()

    requests = json.loads((folder / "expected.json").read_text())
    return [score(request["context"], request["continuation"]) for request in requests]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", type=Path, required=True)
    parser.add_argument("--output", type=Path, required=True)
    options = parser.parse_args()
    lines = []
    for name, settings in CASES.items():
        for inner, order, roles in settings:
            hon = {"order": order, "projections": list(roles), "inner": inner}
            figures = likelihoods(options.models / name, (inner, order, roles))
            lines.append(f"  {json.dumps({'model': name, 'hon': hon, 'logLikelihoods': figures})}")
    options.output.write_text("[\n" + ",\n".join(lines) + "\n]\n")


if __name__ == "__main__":
    main()
