/**
 * Every node of every model's graph has a kernel on CUDA for the types that it is given, by ONNX Runtime's published
 * list: what has none would run on the CPU, its tensors copied there and back.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { Graph, opset, type Value, weightType } from '../../src/backend/onnx/graph.ts';
import { type OnnxOps, onnxOps } from '../../src/backend/onnx/ops.ts';
import { type Attribute, type ElementType, elementTypes } from '../../src/backend/onnx/proto.ts';
import { openCheckpoint } from '../../src/checkpoint/open.ts';
import type { TensorInfo } from '../../src/checkpoint/types.ts';
import { buildAttentionScores } from '../../src/model/attention_scores.ts';
import { buildModel } from '../../src/model/index.ts';

interface Kernel {
  /** First and last operator set that it implements. */
  since: number;
  until?: number;
  /** Types of each input, separated by spaces; the last entry is for all further inputs as well. */
  inputs: string[];
}

const fixtures = new URL('../fixtures/', import.meta.url).pathname;
const { kernels }: { kernels: Record<string, Kernel> } = JSON.parse(
  readFileSync(`${fixtures}cuda_kernels.json`, 'utf8'),
);

/** A graph that remembers which types its nodes are given. */
class TypedGraph extends Graph {
  /** `Gather bfloat16 int32`: each operator with its input types, once. */
  readonly signatures = new Set<string>();
  readonly #types = new Map<string, ElementType>();

  override input(name: string, type: ElementType, shape: Parameters<Graph['input']>[2]): Value {
    return this.#typed(super.input(name, type, shape), type);
  }

  override weight(info: TensorInfo): Value {
    return this.#typed(super.weight(info), weightType(info));
  }

  override float32(values: Float32Array, shape: readonly number[]): Value {
    return this.#typed(super.float32(values, shape), 'float32');
  }

  override int64(values: readonly number[] | number): Value {
    return this.#typed(super.int64(values), 'int64');
  }

  override int32(values: readonly number[] | number): Value {
    return this.#typed(super.int32(values), 'int32');
  }

  override node(operator: string, inputs: (Value | undefined)[], attributes: Record<string, Attribute> = {}): Value {
    const types = inputs.map((input) => input && this.#types.get(input.name)!);
    this.signatures.add([operator, ...types].join(' '));
    // A condition comes before what is chosen from.
    const first = types[operator === 'Where' ? 1 : 0]!;
    return this.#typed(super.node(operator, inputs, attributes), resultType(operator, first, attributes));
  }

  override output(name: string, value: Value): void {
    this.signatures.add(`Identity ${this.#types.get(value.name)}`);
    super.output(name, value);
  }

  #typed(value: Value, type: ElementType): Value {
    this.#types.set(value.name, type);
    return value;
  }
}

function resultType(operator: string, first: ElementType, { to }: Record<string, Attribute>): ElementType {
  if (operator === 'Cast') return (Object.keys(elementTypes) as ElementType[]).find((t) => elementTypes[t] === to)!;
  if (operator === 'Shape') return 'int64';
  return ['And', 'Less', 'LessOrEqual'].includes(operator) ? 'bool' : first;
}

function hasKernel(signature: string): boolean {
  const [operator, ...types] = signature.split(' ');
  const kernel = kernels[operator];
  if (!kernel || opset < kernel.since || opset > (kernel.until ?? opset)) return false;
  return types.every((type, i) => (kernel.inputs[i] ?? kernel.inputs.at(-1)!).split(' ').includes(type));
}

const models = `${fixtures}model/`;
const used = new Set<string>();

describe.each(['float32', 'float16', 'bfloat16'] as const)('in %s', (dtype) => {
  test.each(readdirSync(models))('%s', async (name) => {
    const { config, tensors } = await openCheckpoint(`${models}${name}`);
    const builds: ((ops: OnnxOps) => object)[] = [
      (ops) => buildModel(ops, config).score(ops.batch([])),
      (ops) => buildAttentionScores(ops, config)(ops.batch([])),
      (ops) => ({ logits: { ...ops.toFloat32(buildModel(ops, config).next(ops.step([]))), shape: [] } }),
    ];
    for (const build of builds) {
      const graph = new TypedGraph();
      const outputs = build(onnxOps(graph, { tensors, dtype }));
      for (const [output, value] of Object.entries<Value>({ ...outputs })) graph.output(output, value);
      expect([...graph.signatures].filter((signature) => !hasKernel(signature))).toEqual([]);
      for (const signature of graph.signatures) used.add(signature.split(' ')[0]);
    }
  });
});

test('the list has no operator that no model uses', () => {
  expect([...used].sort()).toEqual(Object.keys(kernels).sort());
});

test('a type without a kernel is noticed', () => {
  expect(hasKernel('Pad bfloat16 int64 bfloat16')).toBe(false);
  expect(hasKernel('GatherND float32 int32')).toBe(false);
  expect(hasKernel('Erf float32')).toBe(false);
});
