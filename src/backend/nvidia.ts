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
  const query = ['--query-gpu=name,memory.total,memory.free', '--format=csv,noheader,nounits', '-i', String(index)];
  try {
    const answer = execFileSync('nvidia-smi', query, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
    const [name, memory, free] = answer.trim().split(', ');
    return { name, memory: Number(memory) * 2 ** 20, freeMemory: Number(free) * 2 ** 20 };
  } catch {
    return undefined;
  }
}

export function describeGpu({ name, memory }: NvidiaGpu): string {
  return `${name}, ${Math.round(memory / 2 ** 30)} GiB`;
}
