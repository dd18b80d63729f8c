import { HonEvalError } from '../../errors.ts';
import { parameterName } from '../../model/architecture.ts';
import { describeModel, parameterNames } from '../../model/index.ts';
import { transposedParameters } from '../../model/trace.ts';
import { damaged } from '../files.ts';
import type { Checkpoint, TensorInfo } from '../types.ts';
import type { AdapterConfig } from './config.ts';

/** An adapter on disk. */
export interface Adapter {
  /** Its name, for errors. */
  name: string;
  config: AdapterConfig;
  tensors: ReadonlyMap<string, TensorInfo>;
}

/** What an adapter has for one module of the model. */
interface Part {
  a?: TensorInfo;
  b?: TensorInfo;
  /** Added to the module's bias, scaled as the product is. */
  bias?: TensorInfo;
  magnitude?: TensorInfo;
  /** Whether the module is an embedding, whose weight has a row for each input. */
  embedding: boolean;
}

type Model = Pick<Checkpoint, 'config' | 'tensors'>;

/**
 * The model with the adapter merged into those of its tensors that it changes, as peft's `merge_and_unload` merges it:
 * where the head is tied to the embedding, what adapts one of them changes both, and a head of the adapter's own is one
 * that is no longer tied.
 */
export function mergeAdapter(base: Model, adapter: Adapter): Model {
  const merging = new Merging(base, adapter);
  const { parts, replaced } = partsOf(adapter.tensors);
  if (parts.size === 0) throw damaged(adapter.name, 'it has no weights of a LoRA adapter');
  for (const [name, info] of replaced) merging.replace(name, info);
  for (const [module, part] of parts) merging.merge(module, part);
  return { config: merging.config, tensors: merging.tensors };
}

/** The names that peft gives to what it adds to a module. */
const added = /^(?<module>.*)\.lora_(?<embedding>embedding_)?(?<what>A|B|magnitude_vector)(\.(?<kind>weight|bias))?$/;

/** An adapter's tensors by the modules that they adapt, and those that stand in place of the model's. */
function partsOf(tensors: ReadonlyMap<string, TensorInfo>) {
  const parts = new Map<string, Part>();
  const replaced = new Map<string, TensorInfo>();
  for (const [stored, info] of tensors) {
    const name = stored.replace(/^base_model\.model\./, '').replace('.base_layer.', '.');
    const { module, embedding, what, kind } = added.exec(name)?.groups ?? {};
    if (module === undefined) {
      replaced.set(name, info);
      continue;
    }
    const part = parts.get(module) ?? { embedding: embedding !== undefined };
    if (what === 'A') part.a = info;
    else if (what === 'magnitude_vector') part.magnitude = info;
    else if (kind === 'bias') part.bias = info;
    else part.b = info;
    parts.set(module, part);
  }
  return { parts, replaced };
}

class Merging {
  readonly tensors: Map<string, TensorInfo>;
  config: Checkpoint['config'];
  readonly #adapter: Adapter;
  readonly #transposed: ReadonlySet<string>;

  constructor({ config, tensors }: Model, adapter: Adapter) {
    this.tensors = new Map(tensors);
    this.config = config;
    this.#transposed = transposedParameters(config);
    this.#adapter = adapter;
  }

  /** Puts a tensor of the adapter's own in place of the model's. */
  replace(name: string, info: TensorInfo): void {
    const { head } = parameterNames(this.config);
    if (this.#canonical(name) === head && describeModel(this.config).tiedHead) {
      this.config = { ...this.config, tie_word_embeddings: false };
      this.tensors.set(head, info);
    } else this.tensors.set(this.#find(name), info);
  }

  merge(module: string, { a, b, bias, magnitude, embedding }: Part): void {
    const { name: adapter, config } = this.#adapter;
    if (!a || !b) throw damaged(adapter, `it lacks one of the two matrices of "${module}"`);
    const name = this.#find(`${module}.weight`);
    const of = this.tensors.get(name)!;
    const { dtype, shape } = of;
    // Of several kinds of modules peft's `fan_in_fan_out` tells of the last one.
    const transposed = embedding || this.#transposed.has(name);
    const [inputs, outputs] = transposed ? shape : shape.toReversed();
    const [rank] = a.shape;
    const fits = (info: TensorInfo | undefined, ...sizes: number[]) => !info || String(info.shape) === String(sizes);
    if (!fits(a, rank, inputs) || !fits(b, outputs, rank) || !fits(magnitude, outputs) || !fits(bias, outputs))
      throw damaged(adapter, `its matrices of "${module}" do not fit the base model's, of shape [${shape}]`);
    const scale = config.scale(module, rank);
    this.tensors.set(name, { dtype, shape, computed: { kind: 'merged', of, a, b, scale, transposed, magnitude } });
    if (bias) this.#addBias(this.#find(`${module}.bias`), bias, scale);
  }

  #addBias(name: string, and: TensorInfo, scale: number): void {
    const of = this.tensors.get(name)!;
    this.tensors.set(name, { dtype: of.dtype, shape: of.shape, computed: { kind: 'sum', of, and, scale } });
  }

  /** The model's name of a tensor that the adapter changes. */
  #find(name: string): string {
    const { head, embedding } = parameterNames(this.config);
    const canonical = this.#canonical(name);
    const found = canonical === head && describeModel(this.config).tiedHead ? embedding : canonical;
    if (this.tensors.has(found)) return found;
    throw new HonEvalError(
      'checkpoint',
      `The adapter ${this.#adapter.name} changes "${name}", which its base model has not; is it another model's?`,
    );
  }

  #canonical(name: string): string {
    return parameterName(parameterNames(this.config), name);
  }
}
