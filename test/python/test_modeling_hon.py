"""modeling_hon.py against the naive recursion of naive_hon.py, or where that has no such architecture the one on
transformers' own layers of hon_architectures.py, its caches, and loading by trust_remote_code.

    python -m pytest test/python/test_modeling_hon.py
"""

import itertools
import json
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors import safe_open
from transformers import AutoConfig, AutoModelForCausalLM
from transformers.models.gpt_neox import modeling_gpt_neox

CODE = Path(__file__).parents[2] / "src" / "checkpoint" / "modeling_hon.py"
sys.path.insert(0, str(CODE.parent))
import hon_architectures  # noqa: E402
import modeling_hon  # noqa: E402
import naive_hon  # noqa: E402

GROUPED = {"num_key_value_heads": 2}
GEMMA = {**GROUPED, "head_dim": 8, "sliding_window": 4, "query_pre_attn_scalar": 20}
# What all have not, by model_type: windows shorter than the texts among them.
NAIVE = {"gpt_neox": {}, "qwen2": GROUPED, "llama": GROUPED}
ARCHITECTURES = {
    **NAIVE,
    "mistral": {**GROUPED, "sliding_window": 4},
    "qwen3": {**GROUPED, "head_dim": 8, "use_sliding_window": True, "sliding_window": 4, "max_window_layers": 1},
    "smollm3": {**GROUPED, "no_rope_layer_interval": 2, "pad_token_id": 0},
    "gemma2": {**GEMMA, "attn_logit_softcapping": 5.0},
    "gemma3_text": GEMMA,
    "phi3": {**GROUPED, "sliding_window": 4, "pad_token_id": 0},
    "olmo2": GROUPED,
    "stablelm": {**GROUPED, "qk_layernorm": True},
    "gpt2": {"n_inner": 64, "scale_attn_by_inverse_layer_idx": True},
    "opt": {"ffn_dim": 64, "word_embed_proj_dim": 32},
}
SETTINGS = [None] + [
    {"order": order, "projections": projections, "inner": inner}
    for order, inner, projections in itertools.product(
        (2, 3), ("shared", "separate", "self"), (["q"], ["v"], ["q", "k"], ["q", "k", "v"])
    )
]
# One of each kind of inner attention, refined in different roles.
DEEP = [
    {"order": 3, "projections": ["q", "k"], "inner": "separate"},
    {"order": 3, "projections": ["q", "k", "v"], "inner": "shared"},
    {"order": 2, "projections": ["k", "v"], "inner": "self"},
]


def make(architecture, hon, dtype=torch.float64, **changes):
    """A small random model whose attention is far from uniform."""
    config = AutoConfig.for_model(
        architecture,
        vocab_size=96,
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=4,
        max_position_embeddings=64,
        **{"intermediate_size": 64, "bos_token_id": 0, "eos_token_id": 0, **ARCHITECTURES[architecture], **changes},
    )
    if hon:
        config.hon = hon
    standard = AutoModelForCausalLM._model_mapping[type(config)]
    model = getattr(modeling_hon, standard.__name__)(config).to(dtype).eval()
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.normal_(std=0.3, generator=generator)
    for module in model.modules() if dtype == torch.float64 and architecture in NAIVE else []:
        use_float64(module)
    return model


def tolerance(architecture):
    """Of those that are not in float64 throughout, because transformers' norms and angles are not."""
    return 1e-9 if architecture in NAIVE else 1e-5


def use_float64(module):
    """transformers computes rotary angles and RMSNorm in float32 whatever the model's dtype."""
    if hasattr(module, "inv_freq"):
        rope, size = module.config.rope_parameters, 2 * len(module.inv_freq)
        frequencies = rope["rope_theta"] ** (-torch.arange(0, size, 2, dtype=torch.float64) / size)

        def angles(x, position_ids):
            angle = (position_ids[..., None] * frequencies).repeat(1, 1, 2)
            return angle.cos(), angle.sin()

        module.forward = angles
    if hasattr(module, "variance_epsilon"):
        module.forward = lambda x: torch.nn.functional.rms_norm(
            x, module.weight.shape, module.weight, module.variance_epsilon
        )


def stored_weights(model, folder):
    model.save_pretrained(folder)
    with safe_open(folder / "model.safetensors", "np") as file:
        return {name: file.get_tensor(name) for name in file.keys()}


@pytest.mark.parametrize("hon", SETTINGS, ids=str)
@pytest.mark.parametrize("architecture", NAIVE)
@torch.no_grad()
def test_equals_the_naive_recursion(architecture, hon, tmp_path):
    changes = {"use_parallel_residual": False} if hon and hon["order"] == 3 and architecture == "gpt_neox" else {}
    model = make(architecture, hon, **changes)
    ids = torch.randint(96, (1, 9), generator=torch.Generator().manual_seed(1))
    weights = stored_weights(model, tmp_path)
    expected = naive_hon.logits(json.loads((tmp_path / "config.json").read_text()), weights, ids[0].numpy())
    assert np.abs(expected).max() > 1
    assert np.abs(model(ids).logits[0].numpy() - expected).max() < 1e-9


@pytest.mark.parametrize("hon", [None, *DEEP], ids=str)
@pytest.mark.parametrize("architecture", [name for name in ARCHITECTURES if name not in NAIVE])
@torch.no_grad()
def test_equals_the_recursion_on_the_layers_of_transformers(architecture, hon):
    model = make(architecture, hon)
    model.set_attn_implementation("eager")
    standard = AutoModelForCausalLM.from_config(model.config, attn_implementation="eager").double().eval()
    unknown = standard.load_state_dict(model.state_dict(), strict=False)
    assert not unknown.missing_keys and all(".hon." in key for key in unknown.unexpected_keys)
    ids = torch.randint(96, (1, 9), generator=torch.Generator().manual_seed(1))
    plain = standard(ids).logits
    if hon:
        attentions = hon_architectures.attentions_of(model)

        def inner_node(layer, path):
            return attentions[layer].get_submodule(".".join(f"hon.{role}" for role in path))

        setting = hon["inner"], hon["order"], hon["projections"]
        hon_architectures.use_higher_order(standard, setting, inner_node)
        assert (model(ids).logits - plain).abs().max() > 0.01
    assert (model(ids).logits - standard(ids).logits).abs().max() < 1e-5


@pytest.mark.parametrize("hon", SETTINGS, ids=str)
@pytest.mark.parametrize("architecture", ARCHITECTURES)
@torch.no_grad()
def test_caches_are_exact(architecture, hon):
    model = make(architecture, hon)
    ids = torch.randint(96, (2, 12), generator=torch.Generator().manual_seed(2))
    first = model(ids[:, :7], use_cache=True)
    parts, cache = [first.logits], first.past_key_values
    for i in range(7, 12):
        parts.append(model(ids[:, i : i + 1], past_key_values=cache, use_cache=True).logits)
    assert (torch.cat(parts, dim=1) - model(ids).logits).abs().max() < tolerance(architecture)


@pytest.mark.parametrize("hon", DEEP, ids=str)
@pytest.mark.parametrize("architecture", ARCHITECTURES)
@torch.no_grad()
def test_caches_take_several_tokens_at_once(architecture, hon):
    model = make(architecture, hon)
    ids = torch.randint(96, (2, 12), generator=torch.Generator().manual_seed(2))
    first = model(ids[:, :4], use_cache=True)
    parts, cache = [first.logits], first.past_key_values
    for begin, end in ((4, 9), (9, 12)):
        parts.append(model(ids[:, begin:end], past_key_values=cache, use_cache=True).logits)
    assert (torch.cat(parts, dim=1) - model(ids).logits).abs().max() < tolerance(architecture)


@pytest.mark.parametrize("options", [{}, {"num_beams": 3}], ids=["greedy", "beams"])
@pytest.mark.parametrize("hon", DEEP, ids=str)
@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_generate_with_and_without_cache_is_the_same(architecture, hon, options):
    model = make(architecture, hon)
    ids = torch.tensor([[0, 0, 1, 2, 3], [4, 5, 6, 7, 8]])
    mask = torch.tensor([[0, 0, 1, 1, 1], [1, 1, 1, 1, 1]])
    options = {"max_new_tokens": 8, "min_new_tokens": 8, "do_sample": False, "pad_token_id": 0, **options}
    texts = [model.generate(ids, attention_mask=mask, use_cache=use_cache, **options) for use_cache in (True, False)]
    assert texts[0].shape == (2, 13)
    assert texts[0].tolist() == texts[1].tolist()


@pytest.mark.parametrize("hon", DEEP, ids=str)
@pytest.mark.parametrize("architecture", ARCHITECTURES)
@torch.no_grad()
def test_sdpa_and_eager_attention_are_the_same(architecture, hon):
    # In float64 eager attention gives padding no number: its softmax is in float32 whatever the model's dtype.
    model = make(architecture, hon, dtype=torch.float32)
    ids = torch.randint(96, (2, 9), generator=torch.Generator().manual_seed(3))
    for mask in (None, torch.tensor([[0, 0, 0] + [1] * 6, [1] * 9])):
        logits = []
        for implementation in ("sdpa", "eager"):
            model.set_attn_implementation(implementation)
            assert model.config._attn_implementation == implementation
            logits.append(model(ids, attention_mask=mask).logits[:, 3:])
        assert (logits[0] - logits[1]).abs().max() < 1e-5


def test_left_padding_changes_nothing():
    model = make("qwen2", {"order": 2, "projections": ["q", "k"], "inner": "shared"})
    ids = torch.tensor([[5, 6, 7, 8]])
    padded = torch.cat([torch.tensor([[0, 0]]), ids], dim=1)
    mask = torch.tensor([[0, 0, 1, 1, 1, 1]])
    positions = torch.tensor([[0, 0, 0, 1, 2, 3]])
    with torch.no_grad():
        logits = model(padded, attention_mask=mask, position_ids=positions).logits[:, 2:]
        assert (logits - model(ids).logits).abs().max() < 1e-9


@pytest.mark.parametrize("hon", DEEP, ids=str)
@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_gradient_checkpointing_gives_the_same_gradients(architecture, hon):
    model = make(architecture, hon)
    model.train()
    ids = torch.tensor([[1, 2, 3, 4, 5]])

    def gradients():
        model.zero_grad()
        model(ids, labels=ids).loss.backward()
        return {name: parameter.grad.clone() for name, parameter in model.named_parameters()}

    plain = gradients()
    model.gradient_checkpointing_enable()
    checkpointed = gradients()
    for name, gradient in plain.items():
        assert gradient.abs().max() > 0, name
        assert (checkpointed[name] - gradient).abs().max() < tolerance(architecture), name


def add_code(folder):
    """Makes a saved checkpoint one that brings its code; its new config.json."""
    config = json.loads((folder / "config.json").read_text())
    config["auto_map"] = {"AutoModelForCausalLM": f"modeling_hon.{config['architectures'][0]}"}
    (folder / "config.json").write_text(json.dumps(config))
    shutil.copy(CODE, folder)
    return config


def test_loads_a_checkpoint_by_trust_remote_code_with_its_head(tmp_path):
    model = make("gpt_neox", {"order": 2, "projections": ["q", "k"], "inner": "shared"})
    weights = stored_weights(model, tmp_path)
    assert "embed_out.weight" in weights, "the name that Pythia's checkpoints have"
    assert add_code(tmp_path)["architectures"] == ["GPTNeoXForCausalLM"]
    loaded = AutoModelForCausalLM.from_pretrained(tmp_path, trust_remote_code=True)
    assert {name: value.tolist() for name, value in loaded.state_dict().items()} == {
        name: value.tolist() for name, value in model.state_dict().items()
    }


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_a_loaded_checkpoint_is_saved_with_its_code(architecture, tmp_path):
    first, second = tmp_path / "first", tmp_path / "second"
    model = make(architecture, {"order": 2, "projections": ["q", "k"], "inner": "separate"})
    model.save_pretrained(first)
    config = add_code(first)
    AutoModelForCausalLM.from_pretrained(first, trust_remote_code=True).save_pretrained(second)
    saved = json.loads((second / "config.json").read_text())
    assert {key: saved[key] for key in ("architectures", "hon")} == {key: config[key] for key in ("architectures", "hon")}
    assert saved["auto_map"] == config["auto_map"]
    assert (second / "modeling_hon.py").read_text() == CODE.read_text()
    loaded = AutoModelForCausalLM.from_pretrained(second, trust_remote_code=True)
    assert type(loaded).__name__ == config["architectures"][0]
    expected = model.state_dict()
    assert loaded.state_dict().keys() == expected.keys()
    for name, value in loaded.state_dict().items():
        assert torch.equal(value, expected[name]), name


def test_a_checkpoint_without_hon_is_the_standard_model(tmp_path):
    model = make("gpt_neox", None)
    model.save_pretrained(tmp_path)
    standard = modeling_gpt_neox.GPTNeoXForCausalLM.from_pretrained(tmp_path, dtype=torch.float64)
    ids = torch.tensor([[1, 2, 3, 4]])
    assert (standard(ids).logits - model(ids).logits).abs().max() < 1e-5


@pytest.mark.parametrize(
    ("hon", "words"),
    [
        ({"order": 0, "projections": ["q"], "inner": "self"}, "order"),
        ({"order": 2, "projections": ["o"], "inner": "self"}, "projections"),
        ({"order": 2, "projections": [], "inner": "self"}, "projections"),
        ({"order": 2, "projections": ["q"], "inner": "tied"}, "inner"),
    ],
)
def test_a_wrong_setting_is_named(hon, words):
    with pytest.raises(ValueError, match=words):
        make("gpt_neox", hon)


def test_heads_that_do_not_make_up_the_hidden_size_are_an_error():
    with pytest.raises(ValueError, match=r"\(64\).*\(32\)"):
        make("llama", {"order": 2, "projections": ["q"], "inner": "shared"}, head_dim=16)
