import { InferenceSession, Tensor } from 'onnxruntime-node';
import { Graph } from '../src/backend/onnx/graph.ts';
import { median } from './statistics.ts';

/** [m, k, n] of the product that a CPU is measured by. */
export const cpuProduct: ProductSize = [1024, 2048, 2048];

/** An [m, k] x [k, n] product. */
export type ProductSize = readonly [m: number, k: number, n: number];

/** Floating-point operations of a product. */
export function productFlops([m, k, n]: ProductSize): number {
  return 2 * m * k * n;
}

/** Seconds that ONNX Runtime takes for `cpuProduct` in float32, the median of 20. */
export async function timeProduct(threads: number): Promise<number> {
  const [m, k, n] = cpuProduct;
  const graph = new Graph();
  const x = graph.input('x', 'float32', [m, k]);
  const weight = graph.float32(random(k * n), [k, n]);
  graph.output('y', { ...graph.node('MatMul', [x, weight]), shape: [m, n] });
  const session = await InferenceSession.create(graph.encode(), { intraOpNumThreads: threads });
  const feeds = { x: new Tensor(random(m * k), [m, k]) };
  const seconds: number[] = [];
  for (let i = 0; i < 20; i++) {
    const started = performance.now();
    await session.run(feeds);
    seconds.push((performance.now() - started) / 1000);
  }
  await session.release();
  return median(seconds);
}

function random(length: number): Float32Array {
  return Float32Array.from({ length }, Math.random);
}
