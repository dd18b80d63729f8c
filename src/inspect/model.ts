/** What a checkpoint is and what it costs, by its config.json alone. */
import { type Dtype, dtypes } from '../backend/backend.ts';
import { type OpenOptions, openConfig } from '../checkpoint/open.ts';
import type { CheckpointSource } from '../checkpoint/types.ts';
import { bytesPerElement } from '../harness/memory.ts';
import type { JsonObject } from '../json.ts';
import type { ModelConfig } from '../model/architecture.ts';
import { countParameters, memoryCosts, type OrderCost, orderCosts, type ParameterCounts } from '../model/cost.ts';
import { honLabel } from '../model/hon.ts';
import { describeModel } from '../model/index.ts';
import { traceModel } from '../model/trace.ts';

export interface InspectOptions extends OpenOptions {
  /** A folder or `owner/name@revision`. */
  model: string;
  /** Texts of a batch. */
  batch: number;
  /** Tokens of a text; at most 2048 if left out. */
  length?: number;
  /** What it computes in; what it is stored in if left out. */
  dtype?: Dtype;
}

export interface Inspection extends Omit<ModelConfig, 'hon' | 'tiedHead' | 'long' | 'attentions'> {
  model: string;
  source: CheckpointSource;
  hon: ModelConfig['hon'] | null;
  /** How many tokens back a token sees in each layer; null where it sees all. */
  windows: (number | null)[];
  /** As the paper's tables name the setting. */
  label: string;
  parameters: ParameterCounts;
  batch: number;
  length: number;
  dtype: Dtype;
  /** Of one token that is compared with `length` tokens, by order; the checkpoint's own and the first three. */
  orders: OrderCost[];
  /** Bytes. */
  memory: Memory;
}

export interface Memory {
  weights: number;
  cachePerToken: number;
  /** Keys and values of the batch. */
  cache: number;
  /** What scoring the batch takes at most beside the weights, where every token predicts the next. */
  activations: number;
}

/** Leaves the weights where they are. Errors as of `openConfig`, and `checkpoint` where the model cannot be run. */
export async function inspect(options: InspectOptions): Promise<Inspection> {
  const { name: model, source, config } = await openConfig(options.model, options);
  const { hon, ...shape } = describeModel(config);
  const { batch, length = Math.min(2048, shape.contextLength), dtype = storedDtype(config) } = options;
  const { architecture, layers, hiddenSize, heads, keyHeads, headSize, vocabularySize, contextLength } = shape;
  return {
    model,
    source,
    architecture,
    hon: hon ?? null,
    label: honLabel(hon),
    windows: shape.attentions.map(({ window }) => window ?? null),
    ...{ layers, hiddenSize, heads, keyHeads, headSize, vocabularySize, contextLength },
    parameters: countParameters(config),
    batch,
    length,
    dtype,
    orders: orderCosts(config, length, Math.max(3, hon?.order ?? 1)),
    memory: memory(config, batch, length, dtype),
  };
}

function memory(config: JsonObject, batch: number, length: number, dtype: Dtype): Memory {
  const bytes = bytesPerElement[dtype];
  const { weights, cachePerToken } = memoryCosts(config);
  const tokens = batch * length;
  return {
    weights: weights * bytes,
    cachePerToken: cachePerToken * bytes,
    cache: cachePerToken * batch * length * bytes,
    activations: traceModel(config, { tokens, visible: length, predicting: tokens, numberBytes: bytes }).activations,
  };
}

/** `torch_dtype` is transformers 4's name of `dtype`. */
function storedDtype({ dtype, torch_dtype: old }: JsonObject): Dtype {
  return dtypes.find((known) => known === (dtype ?? old)) ?? 'float32';
}
