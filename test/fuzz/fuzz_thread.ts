/** A thread that has readers read damaged files. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HonEvalError } from '../../src/errors.ts';
import { answerQuestions } from '../../src/threads/answer.ts';
import type { FuzzQuestion, Outcome } from './fuzz.ts';
import { random } from './mutate.ts';
import { readers } from './readers.ts';

const root = mkdtempSync(join(tmpdir(), 'hon-eval-fuzz-'));
process.on('exit', () => rmSync(root, { recursive: true, force: true }));

answerQuestions(async ({ reader: name, seed }: FuzzQuestion): Promise<Outcome> => {
  const reader = readers.find((each) => each.name === name)!;
  const folder = join(root, name);
  mkdirSync(folder, { recursive: true });
  const path = join(folder, name);
  writeFileSync(path, reader.make(random(seed)));
  try {
    await reader.read(path);
    return { kind: 'read' };
  } catch (error) {
    if (!(error instanceof HonEvalError)) return { kind: 'crash', message: String((error as Error)?.stack ?? error) };
    if (error.message.length < 1000) return { kind: 'refused' };
    return { kind: 'crash', message: `a message of ${error.message.length} characters` };
  }
});
