import { InferenceSession, Tensor } from 'onnxruntime-node';
import { Graph } from '../src/backend/onnx/graph.ts';
import { median } from './statistics.ts';

/** Floating-point operations of the product that the machine is measured by: [1024, 2048] x [2048, 2048]. */
export const productFlops = 2 * 1024 * 2048 * 2048;

/** Seconds that ONNX Runtime takes for it in float32, the median of 20. */
export async function timeProduct(threads: number): Promise<number> {
  const graph = new Graph('');
  const x = graph.input('x', 'float32', [1024, 2048]);
  const weight = graph.float32(random(2048 * 2048), [2048, 2048]);
  graph.output('y', { ...graph.node('MatMul', [x, weight]), shape: [1024, 2048] });
  const session = await InferenceSession.create(graph.encode(), { intraOpNumThreads: threads });
  const feeds = { x: new Tensor(random(1024 * 2048), [1024, 2048]) };
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
