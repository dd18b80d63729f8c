/**
 * Has every reader read damaged files: none may crash, take more than five seconds or 512 MB, or lose a row without a
 * word.
 *
 *     npm run fuzz -- [--count 100000] [--reader rows.parquet] [--seed 0]
 *
 * A finding is told by its reader and seed, with which `--count 1` repeats it.
 */
import { parseArgs } from 'node:util';
import { BoundedThread, LimitError } from '../../src/threads/bounded_thread.ts';
import { readers } from './readers.ts';

export interface FuzzQuestion {
  reader: string;
  seed: number;
}

/** What became of a file; `message` says what is wrong where it was neither read nor refused. */
export interface Outcome {
  kind: 'read' | 'refused' | 'crash' | 'limit';
  message?: string;
}

export interface Finding extends FuzzQuestion {
  message: string;
}

export interface FuzzReport {
  read: number;
  refused: number;
  findings: Finding[];
}

/** @param count Files. @param first The seed of the first. */
export async function fuzz(reader: string, count: number, first = 0): Promise<FuzzReport> {
  const script = new URL('./fuzz_thread.ts', import.meta.url);
  const thread = new BoundedThread<FuzzQuestion, Outcome>(script, { seconds: 5, megabytes: 512 });
  const report: FuzzReport = { read: 0, refused: 0, findings: [] };
  for (let seed = first; seed < first + count; seed++) {
    const outcome = await thread.ask({ reader, seed }).catch(limitOutcome);
    if (outcome.kind === 'read' || outcome.kind === 'refused') report[outcome.kind]++;
    else report.findings.push({ reader, seed, message: outcome.message ?? '' });
  }
  await thread.close();
  return report;
}

function limitOutcome(error: unknown): Outcome {
  return { kind: 'limit', message: error instanceof LimitError ? error.message : String(error) };
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      count: { type: 'string', default: '100000' },
      reader: { type: 'string' },
      seed: { type: 'string', default: '0' },
    },
  });
  for (const { name } of readers.filter(({ name }) => name === (values.reader ?? name))) {
    const { read, refused, findings } = await fuzz(name, Number(values.count), Number(values.seed));
    console.log(`${name}: ${read} read, ${refused} refused, ${findings.length} findings`);
    for (const { seed, message } of findings.slice(0, 20)) console.log(`  --reader ${name} --seed ${seed}: ${message}`);
    if (findings.length > 0) process.exitCode = 1;
  }
}
