/** A thread that has readers read damaged files. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HonEvalError } from '../../src/errors.ts';
import { answerQuestions } from '../../src/threads/answer.ts';
import type { FuzzQuestion, FuzzReport } from './fuzz.ts';
import { random } from './mutate.ts';
import { readers } from './readers/index.ts';
import type { Reader } from './readers/reader.ts';

const root = mkdtempSync(join(tmpdir(), 'hon-eval-fuzz-'));
process.on('exit', () => rmSync(root, { recursive: true, force: true }));

/** Of the process, in kilobytes, outside JavaScript's objects too: what one file may add to the most there ever was. */
const mostMemory = 512 * 1024;

answerQuestions(async ({ reader: name, seed: first, count }: FuzzQuestion): Promise<FuzzReport> => {
  const reader = readers.find((each) => each.name === name)!;
  const folder = join(root, name);
  mkdirSync(folder, { recursive: true });
  const report: FuzzReport = { read: 0, refused: 0, findings: [] };
  for (let seed = first; seed < first + count; seed++) {
    const memory = process.resourceUsage().maxRSS;
    const outcome = await readOne(reader, join(folder, name), seed);
    const taken = process.resourceUsage().maxRSS - memory;
    if (taken > mostMemory) report.findings.push({ reader: name, seed, message: `it took ${taken >> 10} MB` });
    else if (outcome === 'read' || outcome === 'refused') report[outcome]++;
    else report.findings.push({ reader: name, seed, message: outcome });
  }
  return report;
});

/** `read`, `refused`, or what is wrong. */
async function readOne(reader: Reader, path: string, seed: number): Promise<string> {
  writeFileSync(path, reader.make(random(seed)));
  try {
    await reader.read(path);
    return 'read';
  } catch (error) {
    if (!(error instanceof HonEvalError)) return String((error as Error)?.stack ?? error);
    return error.message.length < 1000 ? 'refused' : `a message of ${error.message.length} characters`;
  }
}
