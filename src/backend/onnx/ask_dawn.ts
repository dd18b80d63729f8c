/**
 * A program of its own that computes with WebGPU what it takes to know whether that works here, and prints a `DawnAnswer`
 * as JSON. Dawn and the drivers write to stderr as they like, which only a process of its own can be kept from.
 */
import { readFileSync } from 'node:fs';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { reason } from '../../errors.ts';
import type { DawnAnswer } from './dawn.ts';
import { Graph } from './graph.ts';
import { elementTypes } from './proto.ts';

/** -1 by way of `type`, on the GPU. */
async function compute(type: 'float32' | 'float16'): Promise<void> {
  const g = new Graph();
  const x = g.node('Cast', [g.input('x', 'float32', ['n'])], { to: elementTypes[type] });
  const y = g.node('Cast', [g.node('Neg', [x])], { to: elementTypes.float32 });
  g.output('y', { ...y, shape: ['n'] });
  const session = await InferenceSession.create(g.encode(), { executionProviders: ['webgpu'], logSeverityLevel: 4 });
  const { y: result } = await session.run({ x: new Tensor('float32', Float32Array.of(1), [1]) });
  if (result.data[0] !== -1) throw new Error(`the negative of 1 comes out as ${result.data[0]}`);
}

/** Libraries that this process has loaded, by their paths; Linux tells. */
function loadedLibraries(): string[] {
  try {
    return [...new Set(readFileSync('/proc/self/maps', 'utf8').match(/\/\S+\.so\S*/g))];
  } catch {
    return [];
  }
}

async function answer(): Promise<DawnAnswer> {
  try {
    await compute('float32');
  } catch (error) {
    return { present: false, reason: reason(error) };
  }
  const float16 = await compute('float16').then(
    () => true,
    () => false,
  );
  return { present: true, float16, libraries: loadedLibraries() };
}

console.log(JSON.stringify(await answer()));
