/**
 * Has every reader read damaged files: none may crash, take more than five seconds or 512 MB, or lose a row without a
 * word.
 *
 *     npm run fuzz -- [--count 100000] [--reader rows.parquet] [--seed 0]
 *
 * A finding is told by its reader and seed, with which `--count 1` repeats it. TMPDIR should be in memory: all files go
 * through it.
 */
import { parseArgs } from 'node:util';
import { BoundedThread, LimitError } from '../../src/threads/bounded_thread.ts';
import { readers } from './readers/index.ts';

/** Files that are read one after the other in the time of one. */
const filesAtOnce = 200;

export interface FuzzQuestion {
  reader: string;
  /** Of the first file. */
  seed: number;
  count: number;
}

export interface Finding {
  reader: string;
  seed: number;
  message: string;
}

/** What became of some files: each was read, was refused, or is a finding. */
export interface FuzzReport {
  read: number;
  refused: number;
  findings: Finding[];
}

/** @param count Files. @param first The seed of the first. */
export async function fuzz(reader: string, count: number, first = 0): Promise<FuzzReport> {
  const script = new URL('./fuzz_thread.ts', import.meta.url);
  const thread = new BoundedThread<FuzzQuestion, FuzzReport>(script, { seconds: 5, megabytes: 512 });
  const report: FuzzReport = { read: 0, refused: 0, findings: [] };
  const add = ({ read, refused, findings }: FuzzReport) => {
    report.read += read;
    report.refused += refused;
    report.findings.push(...findings);
  };
  /** Where some take too much together, each is read alone. */
  const ask = async (seed: number, count: number): Promise<void> => {
    try {
      add(await thread.ask({ reader, seed, count }));
    } catch (error) {
      if (count === 1) add(tooMuch(reader, seed, error));
      else for (let one = seed; one < seed + count; one++) await ask(one, 1);
    }
  };
  for (let done = 0; done < count; done += filesAtOnce) await ask(first + done, Math.min(filesAtOnce, count - done));
  await thread.close();
  return report;
}

function tooMuch(name: string, seed: number, error: unknown): FuzzReport {
  const { isBounded } = readers.find((each) => each.name === name)!;
  if (isBounded && error instanceof LimitError) return { read: 0, refused: 1, findings: [] };
  return { read: 0, refused: 0, findings: [{ reader: name, seed, message: String(error) }] };
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
    const begun = performance.now();
    const { read, refused, findings } = await fuzz(name, Number(values.count), Number(values.seed));
    const seconds = Math.round((performance.now() - begun) / 1000);
    console.log(`${name}: ${read} read, ${refused} refused, ${findings.length} findings, ${seconds} s`);
    for (const { seed, message } of findings.slice(0, 20))
      console.log(`  --reader ${name} --seed ${seed}: ${message.split('\n').slice(0, 2).join('')}`);
    if (findings.length > 0) process.exitCode = 1;
  }
}
