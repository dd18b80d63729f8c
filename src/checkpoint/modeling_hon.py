"""Higher-Order Attention (Hon) for Hugging Face transformers.

"Nexus: Higher-Order Attention Mechanisms in Transformers", arXiv:2512.03377; equation numbers are the paper's. The
classes are transformers' own with another attention: queries, keys or values that are themselves outputs of
attention, as config.json says:

    "hon": {"order": 2, "projections": ["q", "k"], "inner": "shared"}

`inner` is `shared` (Eq. 12: every inner attention uses the layer's own projections), `separate` (Table 2 and section
4.4: inner projections of their own, under `hon.<q|k|v>.`) or `self` (Eq. 7-8: each projection attends to itself).
Without the key, or with order 1, a model is the standard one.

Where the paper is silent: rotary embedding is applied to queries and keys of every attention, inner and outer, at the
token's own position, and never to values; every attention is causal. So row i of an inner attention depends on tokens
up to i alone, and caching its keys and values is exact.

Works with transformers 5, and 4 from 4.57. To load a checkpoint with `trust_remote_code=True`, put this file beside its
config.json, which names it and the class of the architecture, as `hon-eval retrofit` does:

    "auto_map": {"AutoModelForCausalLM": "modeling_hon.Qwen2ForCausalLM"}

`save_pretrained` copies it along. Gradient checkpointing, SDPA and `generate` with its dynamic cache work as they do
for the standard models.
"""

from types import SimpleNamespace

import torch
from torch import nn
from transformers.cache_utils import DynamicLayer
from transformers.modeling_utils import ALL_ATTENTION_FUNCTIONS
from transformers.models.gpt_neox import modeling_gpt_neox as gpt_neox
from transformers.models.llama import modeling_llama as llama
from transformers.models.qwen2 import modeling_qwen2 as qwen2

ROLES = ("q", "k", "v")


class HonSetting:
    """The `hon` key of a config, checked; order 1 where there is none."""

    def __init__(self, config):
        hon = getattr(config, "hon", None) or {"order": 1, "projections": [], "inner": "shared"}
        self.order, self.inner = hon["order"], hon["inner"]
        self.projections = [role for role in ROLES if role in hon["projections"]]
        if not isinstance(self.order, int) or self.order < 1:
            raise ValueError(f"config.hon.order must be a whole number from 1, not {self.order!r}.")
        if self.inner not in ("shared", "separate", "self"):
            raise ValueError(f"config.hon.inner must be shared, separate or self, not {self.inner!r}.")
        if self.order > 1 and (not self.projections or set(hon["projections"]) - set(ROLES)):
            raise ValueError(f"config.hon.projections must name some of q, k and v, not {hon['projections']!r}.")
        heads = config.num_attention_heads
        width = heads * (getattr(config, "head_dim", None) or config.hidden_size // heads)
        if self.order > 1 and self.inner != "self" and width != config.hidden_size:
            raise ValueError(
                f"Hon with inner = {self.inner} projects attention outputs again, so heads x head size ({width}) "
                f"must equal the hidden size ({config.hidden_size})."
            )


class Context:
    """What every attention of one layer shares in one forward pass: positions, mask and the cache of earlier tokens."""

    def __init__(self, layer, position_embeddings, attention_mask, cache, kwargs):
        self.cos, self.sin = (table.unsqueeze(1) for table in position_embeddings)
        self.attention_mask, self.cache, self.kwargs = attention_mask, cache, kwargs
        self.slot, self.stride = layer.layer_idx, layer.config.num_hidden_layers
        self.known = []

    def rotate(self, x):
        """x [B, heads, n, dh] at the positions of this pass; only the leading elements where rotary is partial."""
        size = self.cos.shape[-1]
        rotated, rest = x[..., :size], x[..., size:]
        return torch.cat([rotated * self.cos + gpt_neox.rotate_half(rotated) * self.sin, rest], dim=-1)

    def keys(self, k):
        """k [B, heads, n, dh], rotated, behind those of earlier tokens."""
        return self._remember(("key", k), lambda: self.rotate(k))

    def values(self, v):
        """v [B, heads, n, dh] behind those of earlier tokens."""
        return self._remember(("value", v), lambda: v)

    def _remember(self, name, make):
        """Caches a tensor once, however many attentions read it: the i-th of layer l as layer l + i·layers."""
        for (role, tensor), extended in self.known:
            if role == name[0] and tensor is name[1]:
                return extended
        extended = make()
        if self.cache is not None:
            while len(self.cache.layers) <= self.slot:
                self.cache.layers.append(DynamicLayer())
            extended, _ = self.cache.update(extended, extended[..., :0], self.slot)
            self.slot += self.stride
        self.known.append((name, extended))
        return extended


class HonAttention(nn.Module):
    """The part that all architectures share: mixed into an attention class of transformers, before it.

    An architecture says how a node (the attention itself, or inner projections below it) projects its input, in
    `project`, and what an inner node is made of, in `projections`; `output` is its output projection.
    """

    output: str

    def __init__(self, config, layer_idx):
        super().__init__(config, layer_idx)
        self.setting = HonSetting(config)
        if not hasattr(self, "num_key_value_groups"):
            self.num_key_value_groups = 1
        if self.setting.inner == "separate":
            self._add_inner(self, self.setting.order - 1)

    def _add_inner(self, node, order):
        if order < 1:
            return
        node.hon = nn.ModuleDict({role: self.projections() for role in self.setting.projections})
        for inner in node.hon.values():
            self._add_inner(inner, order - 1)

    def projections(self):
        """A new node: the linear maps of this layer, without its output projection."""
        raise NotImplementedError

    def project(self, node, x, roles):
        """x [B, n, d] to {role: [B, heads of the role, n, dh]} by the linear maps of `node`."""
        raise NotImplementedError

    def forward(
        self,
        hidden_states,
        attention_mask=None,
        layer_past=None,
        position_embeddings=None,
        past_key_values=None,
        **kwargs,
    ):
        cache = layer_past if layer_past is not None else past_key_values
        context = Context(self, position_embeddings, attention_mask, cache, kwargs)
        higher_order = getattr(self, f"{self.setting.inner}_attention")
        heads, weights = higher_order(context, hidden_states)
        return getattr(self, self.output)(join(heads)), weights

    def shared_attention(self, context, x):
        """Eq. 12 as a chain: all refined projections of one order read the same attention of the order below."""
        linear = self.project(self, x, ROLES)
        heads, weights = self.attend(context, **linear)
        for _ in range(1, self.setting.order):
            refined = self.project(self, join(heads), self.setting.projections)
            heads, weights = self.attend(context, **{**linear, **refined})
        return heads, weights

    def separate_attention(self, context, x, node=None, order=None):
        """Each refined projection reads an attention with projections of its own, one order below."""
        node = self if node is None else node
        order = self.setting.order if order is None else order
        refined = self.setting.projections if order > 1 else []
        linear = self.project(node, x, [role for role in ROLES if role not in refined])
        for role in refined:
            heads, _ = self.separate_attention(context, x, node.hon[role], order - 1)
            linear |= self.project(node, join(heads), [role])
        return self.attend(context, **linear)

    def self_attention(self, context, x):
        """Eq. 7-8: each refined projection is the attention of itself over itself, per head."""
        roles = self.project(self, x, ROLES)
        for role in self.setting.projections:
            for _ in range(1, self.setting.order):
                p = roles[role]
                roles[role] = self.attend(context, p, p, p)[0].transpose(1, 2)
        return self.attend(context, **roles)

    def attend(self, context, q, k, v):
        """Attention of q [B, heads, n, dh] over k and v: [B, n, heads, dh], and the weights where they are kept."""
        attention = attention_function(self.config._attn_implementation)
        module = SimpleNamespace(
            config=self.config,
            layer_idx=self.layer_idx,
            training=self.training,
            is_causal=True,
            num_key_value_groups=q.shape[1] // k.shape[1],
        )
        return attention(
            module,
            context.rotate(q),
            context.keys(k),
            context.values(v),
            context.attention_mask,
            scaling=self.scaling,
            dropout=self.attention_dropout if self.training else 0.0,
            **context.kwargs,
        )


def attention_function(implementation):
    eager = llama.eager_attention_forward
    if hasattr(ALL_ATTENTION_FUNCTIONS, "get_interface"):
        return ALL_ATTENTION_FUNCTIONS.get_interface(implementation, eager)
    return ALL_ATTENTION_FUNCTIONS.get(implementation, eager)  # transformers 4


def join(heads):
    """[B, n, heads, dh] to [B, n, heads·dh]."""
    return heads.flatten(-2)


class GPTNeoXHonAttention(HonAttention, gpt_neox.GPTNeoXAttention):
    """One fused projection, laid out per head as q, k, v."""

    output = "dense"

    def projections(self):
        node, width = nn.Module(), self.config.hidden_size
        node.query_key_value = nn.Linear(width, 3 * width, bias=self.config.attention_bias)
        return node

    def project(self, node, x, roles):
        if not roles:
            return {}
        fused = node.query_key_value(x).view(*x.shape[:-1], -1, 3 * self.head_size).transpose(1, 2)
        return {role: part for role, part in zip(ROLES, fused.chunk(3, dim=-1)) if role in roles}


class GroupedHonAttention(HonAttention):
    """Three projections, with fewer key and value heads than query heads."""

    output = "o_proj"

    def __init__(self, config, layer_idx):
        super().__init__(config, layer_idx)
        if getattr(self, "sliding_window", None) is not None:
            raise ValueError("Hon does not support sliding-window attention: set use_sliding_window to false.")

    def projections(self):
        node, bias = nn.Module(), self.q_proj.bias is not None
        for role in ROLES:
            base = getattr(self, f"{role}_proj")
            setattr(node, f"{role}_proj", nn.Linear(base.in_features, base.out_features, bias=bias))
        return node

    def project(self, node, x, roles):
        def heads(role):
            projected = getattr(node, f"{role}_proj")(x)
            return projected.view(*x.shape[:-1], -1, self.head_dim).transpose(1, 2)

        return {role: heads(role) for role in roles}


class LlamaHonAttention(GroupedHonAttention, llama.LlamaAttention):
    pass


class Qwen2HonAttention(GroupedHonAttention, qwen2.Qwen2Attention):
    pass


def keep_head_name():
    """transformers 5 calls GPT-NeoX's head lm_head and stores it as embed_out, but for its own classes only."""
    try:
        from transformers import conversion_mapping
    except ImportError:  # transformers 4 has one name
        return
    name = "GPTNeoXForCausalLM"
    mapping = conversion_mapping.get_checkpoint_conversion_mapping(name)
    if mapping:
        conversion_mapping.register_checkpoint_conversion_mapping(name, mapping, overwrite=True)


keep_head_name()


# The names of transformers' classes are kept, since save_pretrained writes them to config.json as the architecture.
class GPTNeoXForCausalLM(gpt_neox.GPTNeoXForCausalLM):
    def __init__(self, config):
        super().__init__(config)
        for index, layer in enumerate(self.gpt_neox.layers):
            layer.attention = GPTNeoXHonAttention(config, index)
        self.post_init()


class LlamaForCausalLM(llama.LlamaForCausalLM):
    def __init__(self, config):
        super().__init__(config)
        for index, layer in enumerate(self.model.layers):
            layer.self_attn = LlamaHonAttention(config, index)
        self.post_init()


class Qwen2ForCausalLM(qwen2.Qwen2ForCausalLM):
    def __init__(self, config):
        super().__init__(config)
        for index, layer in enumerate(self.model.layers):
            layer.self_attn = Qwen2HonAttention(config, index)
        self.post_init()
