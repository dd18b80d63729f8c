import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { HonEvalError, reason } from '../../errors.ts';
import { customary } from '../../results/benchmarks.ts';
import { check } from '../../schema.ts';

const margin = z.number().min(0).max(1).nullable();

const schema = z.strictObject({
  /** Probability of a false alarm, over all tests together; and of each false pass. */
  alpha: z.number().gt(0).lt(0.5).default(0.05),
  /** What counts: a metric, or each benchmark's customary one. */
  metric: z.string().default(customary),
  /** Benchmarks and groups of them; all of the baseline's if left out. */
  tasks: z.array(z.string()).min(1).optional(),
  /** How much worse than the baseline a benchmark may be; null for no test. */
  margin: margin.default(0.02),
  /** The plain mean over the benchmarks. */
  overall: z.strictObject({ margin: margin.default(0.01), floor: z.number().optional() }).default({ margin: 0.01 }),
  /** By benchmark, what is to differ from the above. */
  benchmarks: z
    .record(
      z.string(),
      z.strictObject({ metric: z.string().optional(), margin: margin.optional(), floor: z.number().optional() }),
    )
    .default({}),
});

/** What a candidate has to keep to. */
export type GateConfig = z.infer<typeof schema>;

export const defaultGateConfig: GateConfig = schema.parse({});

/** Reads gate.json. Throws a `usage` error that names the field which is wrong. */
export async function readGateConfig(file: string): Promise<GateConfig> {
  return parseGateConfig(await readJson(file), file);
}

export function parseGateConfig(value: unknown, place: string): GateConfig {
  const { data, problem } = check(schema, value, { whole: 'settings' });
  if (problem === undefined) return data;
  throw new HonEvalError('usage', `${place}: expected the settings of a gate, got others (${problem}).`);
}

async function readJson(file: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(file, 'utf8'));
  } catch (error) {
    throw new HonEvalError('usage', `${file}: expected the settings of a gate as JSON (${reason(error)}).`, {
      cause: error,
    });
  }
}
