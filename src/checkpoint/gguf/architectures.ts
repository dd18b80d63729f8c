/** What llama.cpp calls the parts of each architecture: https://github.com/ggml-org/llama.cpp, gguf-py/constants.py. */
import { rowsOf } from '../tensors/derived.ts';
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
  /** What llama.cpp's converter did to a tensor of a layer, undone. */
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
const llamaParts = { outer, layers: 'model.layers.', inner: { ...attention, ...mlp, ...norms } };

/** By `general.architecture`. */
export const ggufArchitectures: Readonly<Record<string, GgufArchitecture>> = {
  llama: { name: 'LlamaForCausalLM', modelType: 'llama', ...llamaParts, undo: unpermute },
  qwen2: { name: 'Qwen2ForCausalLM', modelType: 'qwen2', ...llamaParts },
  gptneox: {
    name: 'GPTNeoXForCausalLM',
    modelType: 'gpt_neox',
    outer: { token_embd: 'gpt_neox.embed_in', output_norm: 'gpt_neox.final_layer_norm', output: 'embed_out' },
    layers: 'gpt_neox.layers.',
    inner: {
      attn_norm: 'input_layernorm',
      ffn_norm: 'post_attention_layernorm',
      attn_qkv: 'attention.query_key_value',
      attn_output: 'attention.dense',
      ffn_up: 'mlp.dense_h_to_4h',
      ffn_down: 'mlp.dense_4h_to_h',
    },
    keys: { 'rope.freq_base': 'rotary_emb_base' },
    undo: interleave,
  },
};

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
