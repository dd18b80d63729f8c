import { readFileSync } from 'node:fs';
import type { Dtype } from '../backend/backend.ts';

export const bytesPerElement: Record<Dtype, number> = { float32: 4, float16: 2, bfloat16: 2, float64: 8 };

/** Bytes of a model's parameters in the type that it computes in. */
export function weightBytes(parameters: number, dtype: Dtype): number {
  return parameters * bytesPerElement[dtype];
}

/** Most bytes of memory that this process has held at once. */
export function peakMemory(): number {
  try {
    // Linux counts the parent's pages before the program was loaded into what `resourceUsage` tells.
    const [, kibibytes] = /^VmHWM:\s*(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
    if (kibibytes) return Number(kibibytes) * 1024;
  } catch {
    // Not Linux.
  }
  return process.resourceUsage().maxRSS * 1024;
}
