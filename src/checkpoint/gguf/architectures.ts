/** What llama.cpp calls the parts of each architecture: https://github.com/ggml-org/llama.cpp, gguf-py/constants.py. */
import type { Json, JsonObject } from '../../json.ts';
import { rowsOf, shifted, transposed } from '../tensors/derived.ts';
import type { TensorInfo } from '../types.ts';

/** How an architecture of GGUF becomes one of transformers'. */
export interface GgufArchitecture {
  /** As `architectures` and `model_type` in config.json name it. */
  name: string;
  modelType: string;
  /** Names of the parts outside the layers, and of those within, by llama.cpp's. */
  outer: Readonly<Record<string, string>>;
  /** What names of a layer's parts begin with, before its number. */
  layers: string;
  inner: Readonly<Record<string, string>>;
  /** Keys of config.json by GGUF's, where they are other than the usual ones. */
  keys?: Readonly<Record<string, string>>;
  /** What of config.json is worked out from the rest of it, and from what tensors there are, as llama.cpp does. */
  settings?(config: JsonObject, has: (tensor: string) => boolean): JsonObject;
  /** Parts of a layer that are a row a head, and tensors of their own in transformers. */
  byHead?: readonly string[];
  /** What llama.cpp's converter did to a tensor, undone. */
  undo?(part: string, info: TensorInfo, heads: { q: number; k: number }): TensorInfo;
}

const outer = { token_embd: 'model.embed_tokens', output_norm: 'model.norm', output: 'lm_head' };
const attention = {
  attn_q: 'self_attn.q_proj',
  attn_k: 'self_attn.k_proj',
  attn_v: 'self_attn.v_proj',
  attn_output: 'self_attn.o_proj',
};
const mlp = { ffn_gate: 'mlp.gate_proj', ffn_up: 'mlp.up_proj', ffn_down: 'mlp.down_proj' };
const norms = { attn_norm: 'input_layernorm', ffn_norm: 'post_attention_layernorm' };
const headNorms = { attn_q_norm: 'self_attn.q_norm', attn_k_norm: 'self_attn.k_norm' };
const normsBehind = {
  post_attention_norm: 'post_attention_layernorm',
  post_ffw_norm: 'post_feedforward_layernorm',
};
const gemmaNorms = { attn_norm: 'input_layernorm', ffn_norm: 'pre_feedforward_layernorm', ...normsBehind };
const frame = { outer, layers: 'model.layers.' };
const llamaParts = { ...frame, inner: { ...attention, ...mlp, ...norms } };

/** By `general.architecture`. */
export const ggufArchitectures: Readonly<Record<string, GgufArchitecture>> = {
  llama: { name: 'LlamaForCausalLM', modelType: 'llama', ...llamaParts, undo: unpermute },
  smollm3: { name: 'SmolLM3ForCausalLM', modelType: 'smollm3', ...llamaParts, undo: unpermute },
  qwen2: { name: 'Qwen2ForCausalLM', modelType: 'qwen2', ...llamaParts },
  qwen3: {
    name: 'Qwen3ForCausalLM',
    modelType: 'qwen3',
    ...frame,
    inner: { ...llamaParts.inner, ...headNorms },
  },
  olmo2: {
    name: 'Olmo2ForCausalLM',
    modelType: 'olmo2',
    ...frame,
    inner: { ...attention, ...mlp, ...headNorms, ...normsBehind },
  },
  gemma2: {
    name: 'Gemma2ForCausalLM',
    modelType: 'gemma2',
    ...frame,
    inner: { ...attention, ...mlp, ...gemmaNorms },
    keys: {
      attn_logit_softcapping: 'attn_logit_softcapping',
      final_logit_softcapping: 'final_logit_softcapping',
    },
    settings: (config) => ({ query_pre_attn_scalar: gemmaScale(config, 46) }),
    undo: lessOne,
  },
  gemma3: {
    name: 'Gemma3ForCausalLM',
    modelType: 'gemma3_text',
    ...frame,
    inner: { ...attention, ...mlp, ...gemmaNorms, ...headNorms },
    keys: {
      final_logit_softcapping: 'final_logit_softcapping',
      'rope.freq_base_swa': 'rope_local_base_freq',
      'attention.sliding_window_pattern': 'sliding_window_pattern',
    },
    settings: (config) => ({ query_pre_attn_scalar: gemmaScale(config, 62) }),
    undo: lessOne,
  },
  phi3: {
    name: 'Phi3ForCausalLM',
    modelType: 'phi3',
    ...frame,
    inner: {
      ...norms,
      attn_qkv: 'self_attn.qkv_proj',
      attn_output: 'self_attn.o_proj',
      ffn_up: 'mlp.gate_up_proj',
      ffn_down: 'mlp.down_proj',
    },
    keys: { 'rope.scaling.original_context_length': 'original_max_position_embeddings' },
    settings: ({ sliding_window: window }) => ({ sliding_window: window || null }),
  },
  stablelm: {
    name: 'StableLmForCausalLM',
    modelType: 'stablelm',
    ...frame,
    inner: {
      ...llamaParts.inner,
      attn_q_norm: 'self_attn.q_layernorm.norms',
      attn_k_norm: 'self_attn.k_layernorm.norms',
    },
    byHead: ['attn_q_norm', 'attn_k_norm'],
    settings: ({ attention_bias }, has) => ({
      use_qkv_bias: attention_bias,
      qk_layernorm: has('blk.0.attn_q_norm.weight'),
      use_parallel_residual: !has('blk.0.ffn_norm.weight'),
    }),
  },
  gpt2: {
    name: 'GPT2LMHeadModel',
    modelType: 'gpt2',
    outer: {
      token_embd: 'transformer.wte',
      position_embd: 'transformer.wpe',
      output_norm: 'transformer.ln_f',
      output: 'lm_head',
    },
    layers: 'transformer.h.',
    inner: {
      attn_norm: 'ln_1',
      ffn_norm: 'ln_2',
      attn_qkv: 'attn.c_attn',
      attn_output: 'attn.c_proj',
      ffn_up: 'mlp.c_fc',
      ffn_down: 'mlp.c_proj',
    },
    keys: { feed_forward_length: 'n_inner', 'attention.layer_norm_epsilon': 'layer_norm_epsilon' },
    undo: (part, info) => (info.shape.length === 2 && /^(attn|ffn)_/.test(part) ? transposed(info) : info),
  },
  gptneox: {
    name: 'GPTNeoXForCausalLM',
    modelType: 'gpt_neox',
    outer: { token_embd: 'gpt_neox.embed_in', output_norm: 'gpt_neox.final_layer_norm', output: 'embed_out' },
    layers: 'gpt_neox.layers.',
    inner: {
      ...norms,
      attn_qkv: 'attention.query_key_value',
      attn_output: 'attention.dense',
      ffn_up: 'mlp.dense_h_to_4h',
      ffn_down: 'mlp.dense_4h_to_h',
    },
    keys: { 'rope.freq_base': 'rotary_emb_base' },
    undo: interleave,
  },
};

/** The largest Gemma of a generation, with so many layers, scales scores by its width and not by the size of a head. */
function gemmaScale(config: JsonObject, layersOfLargest: number): Json {
  const [width, heads] = [Number(config.hidden_size), Number(config.num_attention_heads)];
  return config.num_hidden_layers === layersOfLargest ? width / heads : config.head_dim;
}

/** llama.cpp has what Gemma's norms multiply by, and transformers how much more than 1 it is. */
function lessOne(part: string, info: TensorInfo): TensorInfo {
  return part.endsWith('_norm') ? shifted(info, -1) : info;
}

/** Elements of a head that turn together stand side by side in llama.cpp, and half a head apart in transformers. */
function unpermute(part: string, info: TensorInfo, heads: { q: number; k: number }): TensorInfo {
  if (part !== 'attn_q' && part !== 'attn_k') return info;
  const headSize = info.shape[0] / (part === 'attn_q' ? heads.q : heads.k);
  const half = headSize / 2;
  const from = (row: number) => {
    const within = row % headSize;
    return row - within + (within < half ? 2 * within : 2 * (within - half) + 1);
  };
  return rowsOf(
    info,
    Array.from({ length: info.shape[0] }, (_, row) => from(row)),
  );
}

/** Queries, keys and values stand one after the other in llama.cpp, and head by head in GPT-NeoX's checkpoints. */
function interleave(part: string, info: TensorInfo, heads: { q: number }): TensorInfo {
  if (part !== 'attn_qkv') return info;
  const width = info.shape[0] / 3;
  const headSize = width / heads.q;
  const from = (row: number) => {
    const [within, block] = [row % headSize, Math.floor(row / headSize)];
    return (block % 3) * width + Math.floor(block / 3) * headSize + within;
  };
  return rowsOf(
    info,
    Array.from({ length: info.shape[0] }, (_, row) => from(row)),
  );
}
