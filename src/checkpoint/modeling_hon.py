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

Works with transformers 5; GPT-NeoX, Llama and Qwen2 with 4 from 4.57 as well. To load a checkpoint with
`trust_remote_code=True`, put this file beside its config.json, which names it and the class of the architecture, as
`hon-eval retrofit` does:

    "auto_map": {"AutoModelForCausalLM": "modeling_hon.Qwen2ForCausalLM"}

Gradient checkpointing, SDPA and `generate` with its dynamic cache work as they do for the standard models.
"""

import copy
from importlib import import_module
from types import SimpleNamespace

import torch
from torch import nn
from transformers.cache_utils import DynamicLayer
from transformers.modeling_utils import ALL_ATTENTION_FUNCTIONS
from transformers.models.gemma2.modeling_gemma2 import eager_attention_forward

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
        width = config.num_attention_heads * head_size(config)
        if self.order > 1 and self.inner != "self" and width != config.hidden_size:
            raise ValueError(
                f"Hon with inner = {self.inner} projects attention outputs again, so heads x head size ({width}) "
                f"must equal the hidden size ({config.hidden_size})."
            )


def head_size(config):
    own = None if config.model_type in ("gpt_neox", "stablelm") else getattr(config, "head_dim", None)
    return own or config.hidden_size // config.num_attention_heads


class Context:
    """What every attention of one layer shares in one forward pass: positions, mask and the cache of earlier tokens."""

    def __init__(self, layer, position_embeddings, attention_mask, cache, kwargs):
        rotates = position_embeddings is not None and getattr(layer, "use_rope", True)
        self.tables = [table.unsqueeze(1) for table in position_embeddings] if rotates else None
        self.attention_mask, self.cache, self.kwargs = attention_mask, cache, kwargs
        self.slot, self.stride = layer.layer_idx, layer.config.num_hidden_layers
        self.known = []

    def rotate(self, x):
        """x [B, heads, n, dh] at the positions of this pass; only the leading elements where rotary is partial."""
        if self.tables is None:
            return x
        cos, sin = self.tables
        rotated, rest = x[..., : cos.shape[-1]], x[..., cos.shape[-1] :]
        first, second = rotated.chunk(2, dim=-1)
        return torch.cat([rotated * cos + torch.cat([-second, first], dim=-1) * sin, rest], dim=-1)

    def keys(self, k):
        """k [B, heads, n, dh], rotated, behind those of earlier tokens."""
        return self._remember("key", k)

    def values(self, v):
        """v [B, heads, n, dh] behind those of earlier tokens."""
        return self._remember("value", v)

    def _remember(self, role, tensor):
        """Caches a tensor once, however many attentions read it: the i-th of layer l as layer l + i·layers."""
        for known, known_tensor, extended in self.known:
            if known == role and known_tensor is tensor:
                return extended
        extended = self.rotate(tensor) if role == "key" else tensor
        if self.cache is not None:
            while len(self.cache.layers) <= self.slot:
                self.cache.layers.append(self._new_cache_layer(len(self.cache.layers)))
            extended, _ = self.cache.update(extended, extended[..., :0], self.slot)
            self.slot += self.stride
        self.known.append((role, tensor, extended))
        return extended

    def _new_cache_layer(self, slot):
        """It forgets what the first one of its layer forgets, because one mask is for all of them."""
        first = self.cache.layers[slot % self.stride] if slot >= self.stride else None
        window = getattr(first, "sliding_window", None)
        return DynamicLayer() if window is None else type(first)(sliding_window=window)


class HonAttention(nn.Module):
    """The part that all architectures share: mixed into an attention class of transformers, before it.

    A kind of projections says how a node (the attention itself, or inner projections below it) projects its input:
    `project(node, x, roles)` takes x [B, n, d] to {role: [B, heads of the role, n, dh]}.
    """

    # What projects the input, and norms that are a part of it, by the names that some architecture has for them.
    parts = [f"{role}_{part}" for role in ROLES for part in ("proj", "norm", "layernorm")]
    parts += ["query_key_value", "qkv_proj", "c_attn"]
    outputs = ["o_proj", "dense", "out_proj", "c_proj"]

    def __init__(self, config, layer_idx):
        super().__init__(config, layer_idx=layer_idx)
        self.setting = HonSetting(config)
        if self.setting.inner == "separate":
            self._add_inner(self, self.setting.order - 1)

    def _add_inner(self, node, order):
        if order < 1:
            return
        node.hon = nn.ModuleDict({role: self._new_node() for role in self.setting.projections})
        for inner in node.hon.values():
            self._add_inner(inner, order - 1)

    def _new_node(self):
        """Projections like this layer's own, which the model initialises as it does those."""
        node = nn.Module()
        for name in self.parts:
            if hasattr(self, name):
                node.add_module(name, copy.deepcopy(getattr(self, name)))
        return node

    def split(self, x):
        """[B, n, heads·dh] to [B, heads, n, dh]."""
        return x.unflatten(-1, (-1, head_size(self.config))).transpose(1, 2)

    def forward(self, hidden_states, attention_mask=None, position_embeddings=None, cache=None, **kwargs):
        # GPT-NeoX's name of the cache, and that of transformers before 5.24.
        for name in ("layer_past", "past_key_values"):
            earlier = kwargs.pop(name, None)
            cache = earlier if cache is None else cache
        context = Context(self, position_embeddings, attention_mask, cache, kwargs)
        heads, weights = getattr(self, f"{self.setting.inner}_attention")(context, hidden_states)
        output = next(getattr(self, name) for name in self.outputs if hasattr(self, name))
        dropout = getattr(self, "resid_dropout", nn.Identity())
        return dropout(output(heads.flatten(-2))), weights

    def shared_attention(self, context, x):
        """Eq. 12 as a chain: all refined projections of one order read the same attention of the order below."""
        linear = self.project(self, x, ROLES)
        heads, weights = self.attend(context, **linear)
        for _ in range(1, self.setting.order):
            refined = self.project(self, heads.flatten(-2), self.setting.projections)
            heads, weights = self.attend(context, **{**linear, **refined})
        return heads, weights

    def separate_attention(self, context, x, node=None, order=None):
        """Each refined projection reads an attention with projections of its own, one order below."""
        node = self if node is None else node
        order = self.setting.order if order is None else order
        refined = self.setting.projections if order > 1 else []
        plain = [role for role in ROLES if role not in refined]
        linear = self.project(node, x, plain) if plain else {}
        for role in refined:
            heads, _ = self.separate_attention(context, x, node.hon[role], order - 1)
            linear |= self.project(node, heads.flatten(-2), [role])
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
        config = self.config
        groups = q.shape[1] // k.shape[1]
        more = {"layer_idx": self.layer_idx, "training": self.training}
        module = SimpleNamespace(config=config, is_causal=True, num_key_value_groups=groups, **more)
        dropout = config.attn_pdrop if hasattr(config, "attn_pdrop") else config.attention_dropout
        softcap = getattr(self, "attn_logit_softcapping", None)
        # Gemma 2's eager attention caps scores where it is told to, and is else that of all.
        attention = ALL_ATTENTION_FUNCTIONS.get(config._attn_implementation, eager_attention_forward)
        return attention(
            module,
            context.rotate(q),
            context.keys(k),
            context.values(v),
            context.attention_mask,
            scaling=self.scaling,
            dropout=dropout if self.training else 0.0,
            sliding_window=getattr(self, "sliding_window", getattr(config, "sliding_window", None)),
            **({} if softcap is None else {"softcap": softcap}),
            **context.kwargs,
        )


class FusedByHead(HonAttention):
    """One projection, laid out per head as q, k, v."""

    def project(self, node, x, roles):
        fused = node.query_key_value(x).unflatten(-1, (-1, 3 * head_size(self.config))).transpose(1, 2)
        return {role: part for role, part in zip(ROLES, fused.chunk(3, dim=-1)) if role in roles}


class Fused(HonAttention):
    """One projection to all of q, then k, then v."""

    def project(self, node, x, roles):
        config, fused = self.config, getattr(node, "qkv_proj" if hasattr(node, "qkv_proj") else "c_attn")(x)
        keys = getattr(config, "num_key_value_heads", None) or config.num_attention_heads
        sizes = [heads * head_size(config) for heads in (config.num_attention_heads, keys, keys)]
        return {role: self.split(part) for role, part in zip(ROLES, fused.split(sizes, dim=-1)) if role in roles}


class Separate(HonAttention):
    """Three projections, and norms of each head's queries and keys where there are any."""

    def project(self, node, x, roles):
        return {role: self.normed(node, role, getattr(node, f"{role}_proj")(x)) for role in roles}

    def normed(self, node, role, x):
        norm = getattr(node, f"{role}_norm", getattr(node, f"{role}_layernorm", nn.Identity()))
        return norm(self.split(x))


class NormedAcrossHeads(Separate):
    """Norms are over all queries and all keys."""

    def normed(self, node, role, x):
        return self.split(getattr(node, f"{role}_norm", nn.Identity())(x))


class HonModel:
    """Mixed into a model class of transformers, before it: another attention in each of its layers."""

    def __init__(self, config):
        super().__init__(config)
        standard, hon = self.attentions
        for name, module in list(self.named_modules()):
            if type(module) is standard:
                parent, _, child = name.rpartition(".")
                setattr(self.get_submodule(parent), child, hon(module.config, module.layer_idx))
        self.post_init()


def with_hon(package, model, attention, kind):
    """A model class of transformers with `kind` before its attention, under the name that save_pretrained writes."""
    module = import_module(f"transformers.models.{package}.modeling_{package}")
    standard = getattr(module, attention)
    attentions = standard, type(f"Hon{attention}", (kind, standard), {})
    return type(model, (HonModel, getattr(module, model)), {"attentions": attentions, "__module__": __name__})


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

GPTNeoXForCausalLM = with_hon("gpt_neox", "GPTNeoXForCausalLM", "GPTNeoXAttention", FusedByHead)
GPT2LMHeadModel = with_hon("gpt2", "GPT2LMHeadModel", "GPT2Attention", Fused)
Phi3ForCausalLM = with_hon("phi3", "Phi3ForCausalLM", "Phi3Attention", Fused)
LlamaForCausalLM = with_hon("llama", "LlamaForCausalLM", "LlamaAttention", Separate)
MistralForCausalLM = with_hon("mistral", "MistralForCausalLM", "MistralAttention", Separate)
Qwen2ForCausalLM = with_hon("qwen2", "Qwen2ForCausalLM", "Qwen2Attention", Separate)
Qwen3ForCausalLM = with_hon("qwen3", "Qwen3ForCausalLM", "Qwen3Attention", Separate)
SmolLM3ForCausalLM = with_hon("smollm3", "SmolLM3ForCausalLM", "SmolLM3Attention", Separate)
Gemma2ForCausalLM = with_hon("gemma2", "Gemma2ForCausalLM", "Gemma2Attention", Separate)
Gemma3ForCausalLM = with_hon("gemma3", "Gemma3ForCausalLM", "Gemma3Attention", Separate)
StableLmForCausalLM = with_hon("stablelm", "StableLmForCausalLM", "StableLmAttention", Separate)
OPTForCausalLM = with_hon("opt", "OPTForCausalLM", "OPTAttention", Separate)
Olmo2ForCausalLM = with_hon("olmo2", "Olmo2ForCausalLM", "Olmo2Attention", NormedAcrossHeads)
