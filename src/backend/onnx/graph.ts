import type { StoredTensor, TensorInfo } from '../../checkpoint/types.ts';
import {
  type Attribute,
  type ElementType,
  type ExternalData,
  encodeModel,
  type Model,
  type ValueInfo,
} from './proto.ts';

/** An edge of the graph, by its name. */
export interface Value {
  name: string;
  /** Of what a model computes with, and of what leaves the backend. */
  shape?: ValueInfo['shape'];
}

/** The length of a value's last axis, where its shape says it. */
export function width({ name, shape }: Value): number {
  const size = shape?.at(-1);
  if (typeof size !== 'number') throw new Error(`${name} has no width`);
  return size;
}

/** The type in which a session gets a weight: as it is stored, or float32 where that has to be made of it. */
export function weightType(info: TensorInfo): ElementType {
  return isAsStored(info) ? storedTypes[info.dtype] : 'float32';
}

/** Whether a session can take the bytes of a weight as its file has them. */
export function isAsStored(info: TensorInfo): info is StoredTensor & { dtype: keyof typeof storedTypes } {
  return !('computed' in info) && info.dtype in storedTypes;
}

const storedTypes = { F32: 'float32', F16: 'float16', BF16: 'bfloat16', F64: 'float64' } as const;

/** The version of the standard operator set that graphs are written in. */
export const opset = 23;

/** An ONNX model under construction. */
export class Graph {
  readonly #model: Model = { opset, nodes: [], initializers: [], inputs: [], outputs: [] };
  readonly #constants = new Map<string, Value>();
  #values = 0;

  /** The checkpoint's tensors among the initializers, by the initializers' names. */
  readonly weights = new Map<string, TensorInfo>();

  #name(): string {
    return `v${this.#values++}`;
  }

  input(name: string, type: ElementType, shape: ValueInfo['shape']): Value {
    this.#model.inputs.push({ name, type, shape });
    return { name };
  }

  /** Gives a value that knows its shape a name by which a run can ask for it. */
  output(name: string, value: Value): void {
    if (!value.shape) throw new Error(`the output ${name} has no shape`);
    this.#model.nodes.push({ operator: 'Identity', inputs: [value.name], outputs: [name], attributes: {} });
    this.#model.outputs.push({ name, type: 'float32', shape: value.shape });
  }

  /** One node of the standard operator set, with one output. `undefined` stands for an input left out. */
  node(operator: string, inputs: (Value | undefined)[], attributes: Record<string, Attribute> = {}): Value {
    const output = this.#name();
    const names = inputs.map((input) => input?.name ?? '');
    this.#model.nodes.push({ operator, inputs: names, outputs: [output], attributes });
    return { name: output };
  }

  /** A tensor of the checkpoint, which the session finds where `encode` says. */
  weight(info: TensorInfo): Value {
    const name = this.#name();
    this.weights.set(name, info);
    return { name, shape: info.shape };
  }

  float32(values: Float32Array, shape: readonly number[]): Value {
    const name = this.#name();
    const data = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    this.#model.initializers.push({ name, type: 'float32', shape, data });
    return { name, shape };
  }

  /** Integers, as shapes and indices need them: [values.length], or a scalar. Equal ones share an initializer. */
  int64(values: readonly number[] | number): Value {
    return this.#integers('int64', values, (list) => new Uint8Array(BigInt64Array.from(list, BigInt).buffer));
  }

  /** The same in the type of token ids. */
  int32(values: readonly number[] | number): Value {
    return this.#integers('int32', values, (list) => new Uint8Array(Int32Array.from(list).buffer));
  }

  #integers(type: ElementType, values: readonly number[] | number, encode: (list: readonly number[]) => Uint8Array) {
    const key = `${type} ${JSON.stringify(values)}`;
    const known = this.#constants.get(key);
    if (known) return known;
    const list = typeof values === 'number' ? [values] : values;
    const value: Value = { name: this.#name() };
    const shape = typeof values === 'number' ? [] : [list.length];
    this.#model.initializers.push({ name: value.name, type, shape, data: encode(list) });
    this.#constants.set(key, value);
    return value;
  }

  /** @param locate Where the bytes of a weight are, by its name; not needed by a graph without weights. */
  encode(locate?: (name: string) => ExternalData): Uint8Array {
    const weights = [...this.weights].map(([name, info]) => ({
      name,
      type: weightType(info),
      shape: info.shape,
      data: locate!(name),
    }));
    return encodeModel({ ...this.#model, initializers: [...this.#model.initializers, ...weights] });
  }
}
