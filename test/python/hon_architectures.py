"""Writes test/fixtures/hon_architectures.json: checkpoints of test/fixtures/model with Higher-Order Attention, by the
recursion of Eq. 6-12 written out as a tree of calls, in float64, on transformers' own projections, norms, rotary embedding
and eager attention.

    python test/python/hon_architectures.py --models test/fixtures/model --output test/fixtures/hon_architectures.json

Each entry has the `hon` key and the log-likelihoods of the requests in the checkpoint's expected.json.
"""

import argparse
import importlib
import json
from pathlib import Path
from types import SimpleNamespace

import torch
from transformers import AutoModelForCausalLM

# A checkpoint, and what its `hon` key is: inner, order, projections.
CASES = {
    "mistral": ("self", 3, "qk"),
    "qwen2-window": ("shared", 2, "qk"),
    "qwen3": ("self", 2, "qkv"),
    "qwen3-transformers4": ("shared", 3, "qk"),
    "gemma2": ("self", 2, "qk"),
    "gemma3_text": ("self", 2, "qk"),
    "olmo2": ("shared", 2, "qkv"),
    "smollm3": ("shared", 3, "qk"),
    "stablelm": ("shared", 2, "qk"),
}


def higher_order(attention, module, inner, order, roles):
    """What stands in place of an attention's `forward`."""
    across = attention.config.model_type == "olmo2"  # its norms are over all heads at once

    def project(role, x):
        projected = getattr(attention, f"{role}_proj")(x)
        norm = getattr(attention, f"{role}_norm", None) if role != "v" else None
        projected = norm(projected) if norm and across else projected
        heads = projected.view(*x.shape[:-1], -1, attention.head_dim)
        return (norm(heads) if norm and not across else heads).transpose(1, 2)

    def forward(hidden_states, position_embeddings=None, attention_mask=None, **_):
        def attend(q, k, v):
            if getattr(attention, "use_rope", True):
                q, k = rotate(q, k, *position_embeddings)
            stub = SimpleNamespace(num_key_value_groups=q.shape[1] // k.shape[1], training=False)
            cap = {"softcap": attention.attn_logit_softcapping} if attention.config.model_type == "gemma2" else {}
            options = {"scaling": attention.scaling, "dropout": 0.0, **cap}
            return module.eager_attention_forward(stub, q, k, v, attention_mask, **options)[0]

        def rotate(q, k, cos, sin):
            size = cos.shape[-1]
            turned = module.apply_rotary_pos_emb(q[..., :size], k[..., :size], cos, sin)
            return [torch.cat([part, x[..., size:]], -1) for part, x in zip(turned, (q, k))]

        def refined(role, order):
            if order == 1 or role not in roles:
                return project(role, hidden_states)
            if inner == "self":
                p = refined(role, order - 1)
                return attend(p, p, p).transpose(1, 2)
            return project(role, attention_of(order - 1).flatten(-2))

        def attention_of(order):
            return attend(*(refined(role, order) for role in "qkv"))

        return attention.o_proj(attention_of(order).flatten(-2)), None

    return forward


@torch.no_grad()
def likelihoods(folder, inner, order, roles):
    options = {"dtype": torch.float32, "attn_implementation": "eager"}
    model = AutoModelForCausalLM.from_pretrained(folder, **options).eval().double()
    module = importlib.import_module(type(model).__module__)
    for layer in model.model.layers:
        layer.self_attn.forward = higher_order(layer.self_attn, module, inner, order, roles)

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
    for name, (inner, order, roles) in CASES.items():
        hon = {"order": order, "projections": list(roles), "inner": inner}
        figures = likelihoods(options.models / name, inner, order, roles)
        lines.append(f"  {json.dumps(name)}: {json.dumps({'hon': hon, 'logLikelihoods': figures})}")
    options.output.write_text("{\n" + ",\n".join(lines) + "\n}\n")


if __name__ == "__main__":
    main()
