/** A GGUF file as a checkpoint of transformers: its config.json, and its tensors by transformers' names. */
import type { Json, JsonObject } from '../../json.ts';
import { damaged } from '../files.ts';
import { rowsOf, strided } from '../tensors/derived.ts';
import { readTensor } from '../tensors/read.ts';
import type { TensorInfo } from '../types.ts';
import { type GgufArchitecture, ggufArchitectures } from './architectures.ts';
import type { GgufHeader } from './header.ts';

/** Keys of config.json by GGUF's, which begin with the architecture's name there. */
const configKeys: Readonly<Record<string, string>> = {
  context_length: 'max_position_embeddings',
  block_count: 'num_hidden_layers',
  embedding_length: 'hidden_size',
  feed_forward_length: 'intermediate_size',
  use_parallel_residual: 'use_parallel_residual',
  'attention.head_count': 'num_attention_heads',
  'attention.head_count_kv': 'num_key_value_heads',
  'attention.key_length': 'head_dim',
  'attention.layer_norm_rms_epsilon': 'rms_norm_eps',
  'attention.layer_norm_epsilon': 'layer_norm_eps',
  'attention.sliding_window': 'sliding_window',
  'rope.freq_base': 'rope_theta',
};

/** What config.json would say. Throws a `checkpoint` error where hon-eval does not know the architecture in GGUF. */
export async function ggufConfig(header: GgufHeader): Promise<JsonObject> {
  const { name, modelType, inner, keys, settings = () => ({}) } = architectureOf(header);
  const { metadata, tensors } = header;
  const of = (key: string) => plain(metadata[`${metadata['general.architecture']}.${key}`]);
  const config: JsonObject = { architectures: [name], model_type: modelType };
  for (const [key, target] of Object.entries({ ...configKeys, ...keys })) {
    const value = of(key);
    if (value !== undefined) config[target] = value;
  }
  const embedding = tensors.get('token_embd.weight');
  if (!embedding) throw damaged(header.file, 'it has no tensor "token_embd.weight"');
  config.vocab_size = embedding.shape[0];
  config.tie_word_embeddings = !tensors.has('output.weight');
  if ('attn_q' in inner) config.attention_bias = tensors.has('blk.0.attn_q.bias');
  if ('ffn_gate' in inner) config.mlp_bias = tensors.has('blk.0.ffn_gate.bias');
  if (modelType === 'qwen2') delete config.sliding_window;
  const rope = await ropeScaling(header, of);
  if (rope) config.rope_scaling = rope;
  return {
    ...config,
    ...settings(config, (tensor) => tensors.has(tensor)),
    ...partialRotary(config, of),
    ...specialIds(metadata),
  };
}

/** The file's tensors by transformers' names. */
export function ggufTensors(header: GgufHeader): Map<string, TensorInfo> {
  const architecture = architectureOf(header);
  const { metadata, tensors } = header;
  const count = (key: string) => Number(metadata[`${metadata['general.architecture']}.attention.${key}`]);
  const heads = { q: count('head_count'), k: count('head_count_kv') || count('head_count') };
  const renamed = new Map<string, TensorInfo>();
  for (const [name, info] of tensors) {
    for (const [own, tensor] of rename(architecture, name, info, heads)) renamed.set(own, tensor);
  }
  return renamed;
}

/** The tensors that one of the file is in transformers, by their names there. */
function rename(
  { outer, layers, inner, byHead = [], undo = (_, info) => info }: GgufArchitecture,
  name: string,
  info: TensorInfo,
  heads: { q: number; k: number },
): [string, TensorInfo][] {
  const {
    layer,
    part = '',
    kind,
  } = /^(blk\.(?<layer>\d+)\.)?(?<part>.+)\.(?<kind>weight|bias)$/.exec(name)?.groups ?? {};
  const found = layer === undefined ? outer[part] : inner[part];
  if (found === undefined) return [];
  const start = layer === undefined ? found : `${layers}${layer}.${found}`;
  if (!byHead.includes(part)) return [[`${start}.${kind}`, undo(part, info, heads)]];
  const [count, size] = info.shape;
  return Array.from({ length: count }, (_, i) => [`${start}.${i}.${kind}`, strided(rowsOf(info, [i]), [size], [1])]);
}

function architectureOf({ metadata, file }: GgufHeader): GgufArchitecture {
  const name = String(metadata['general.architecture']);
  if (Object.hasOwn(ggufArchitectures, name)) return ggufArchitectures[name];
  const known = Object.keys(ggufArchitectures).join(', ');
  throw damaged(file, `its architecture is "${name}", and hon-eval reads GGUF files of ${known}`);
}

/** What of metadata can stand in JSON. */
function plain(value: unknown): Json | undefined {
  if (typeof value === 'bigint') return Number(value);
  if (Array.isArray(value)) return value.map((element) => plain(element) ?? null);
  return ['number', 'boolean', 'string'].includes(typeof value) ? (value as Json) : undefined;
}

async function ropeScaling(
  { tensors }: GgufHeader,
  of: (key: string) => Json | undefined,
): Promise<JsonObject | undefined> {
  const length = of('rope.scaling.original_context_length') ?? of('context_length') ?? null;
  const [short, long] = ['short', 'long'].map((kind) => tensors.get(`rope_factors_${kind}.weight`));
  if (short && long) {
    const [short_factor, long_factor] = [[...(await readTensor(short))], [...(await readTensor(long))]];
    const attention_factor = of('rope.scaling.attn_factor') ?? null;
    return { rope_type: 'longrope', short_factor, long_factor, attention_factor };
  }
  const factors = tensors.get('rope_freqs.weight');
  if (factors) {
    // What each frequency is divided by, whatever the length of a text: Llama 3.1's scaling, worked out.
    const list = [...(await readTensor(factors))];
    const original_max_position_embeddings = of('context_length')!;
    return {
      rope_type: 'longrope',
      short_factor: list,
      long_factor: list,
      attention_factor: 1,
      original_max_position_embeddings,
    };
  }
  const type = of('rope.scaling.type');
  const factor = of('rope.scaling.factor') ?? of('rope.scale_linear');
  if (!factor || factor === 1 || type === 'none') return undefined;
  return { rope_type: type ?? 'linear', factor, ...(type === 'yarn' && { original_max_position_embeddings: length }) };
}

/** The part of a head that is rotated, where the file says. */
function partialRotary(config: JsonObject, of: (key: string) => Json | undefined): JsonObject {
  const rotated = Number(of('rope.dimension_count') ?? 0);
  const headSize = Number(config.head_dim ?? Number(config.hidden_size) / Number(config.num_attention_heads));
  if (!rotated) return {};
  const key = config.model_type === 'gpt_neox' ? 'rotary_pct' : 'partial_rotary_factor';
  return { [key]: rotated / headSize };
}

function specialIds(metadata: GgufHeader['metadata']): JsonObject {
  const id = (role: string) => plain(metadata[`tokenizer.ggml.${role}_token_id`]);
  const [bos, eos, endOfTurn] = [id('bos'), id('eos'), id('eot')];
  const ends = [...new Set([eos, endOfTurn])].filter((end) => end !== undefined);
  return { ...(bos !== undefined && { bos_token_id: bos }), ...(ends.length > 0 && { eos_token_id: ends }) };
}
