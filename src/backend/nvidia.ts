import { execFileSync } from 'node:child_process';

export interface NvidiaGpu {
  name: string;
  /** Bytes. */
  memory: number;
  /** Bytes. */
  freeMemory: number;
}

/** A GPU by NVIDIA's own tool; undefined where there is none, or no tool. */
export function nvidiaGpu(index: number): NvidiaGpu | undefined {
  const answer = ask([
    '--query-gpu=name,memory.total,memory.free',
    '--format=csv,noheader,nounits',
    '-i',
    String(index),
  ]);
  if (answer === undefined) return undefined;
  const [name, memory, free] = answer.split(', ');
  return { name, memory: Number(memory) * 2 ** 20, freeMemory: Number(free) * 2 ** 20 };
}

/** How many GPUs NVIDIA's tool finds, or the environment leaves to this process. */
export function nvidiaGpuCount(): number {
  const visible = process.env.CUDA_VISIBLE_DEVICES;
  if (visible !== undefined) return visible.split(',').filter(Boolean).length;
  return ask(['--query-gpu=index', '--format=csv,noheader'])?.split('\n').length ?? 0;
}

function ask(query: string[]): string | undefined {
  try {
    return execFileSync('nvidia-smi', query, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  } catch {
    return undefined;
  }
}

export function describeGpu({ name, memory }: NvidiaGpu): string {
  return `${name}, ${Math.round(memory / 2 ** 30)} GiB`;
}
