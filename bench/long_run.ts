/**
 * Scores a model of two layers on made-up rows of two or three tokens, and says what runs of several lengths take:
 *
 *     node bench/long_run.ts --documents 10000,1000000
 *
 * Of a built tree, on Linux.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import { parseArgs } from 'node:util';
import { writeCheckpoint } from '../test/commands/checkpoint.ts';

const program = join(import.meta.dirname, '../bin/run.js');

const task = `task: letters
output_type: multiple_choice
test_split: test
doc_to_text: "{{q}}"
doc_to_choice: ["x", "y"]
doc_to_target: a
target_delimiter: ""
metric_list:
  - metric: acc
`;

async function writeRows(file: string, count: number): Promise<void> {
  const stream = createWriteStream(file);
  for (let i = 0; i < count; i++) {
    const row = { q: String.fromCharCode(97 + (i % 26), 97 + ((i * 7) % 23)), a: i % 2 };
    if (!stream.write(`${JSON.stringify(row)}\n`)) await once(stream, 'drain');
  }
  stream.end();
  await finished(stream);
}

/** Runs the program in a folder, and gives the most memory that it held at any time, in MB. */
async function peakOf(folder: string, args: string[]): Promise<number> {
  const child = spawn(process.execPath, [program, ...args], { cwd: folder, stdio: ['ignore', 'ignore', 'inherit'] });
  let peak = 0;
  const watch = setInterval(() => {
    const kilobytes = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1];
    peak = Math.max(peak, Number(kilobytes ?? 0) / 1000);
  }, 50);
  const [code] = await once(child, 'exit');
  clearInterval(watch);
  if (code !== 0) throw new Error(`the run ended with exit code ${code}`);
  return peak;
}

const { values } = parseArgs({ options: { documents: { type: 'string', default: '10000,100000' } } });
for (const count of values.documents.split(',').map(Number)) {
  const folder = mkdtempSync(join(tmpdir(), 'hon-eval-long-'));
  writeCheckpoint(join(folder, 'model'));
  writeFileSync(join(folder, 'letters.yaml'), task);
  await writeRows(join(folder, 'letters.jsonl'), count);
  const begun = performance.now();
  const args = ['run', '--model', 'model', '--tasks', './letters.yaml', '--data', '.', '--output', 'out', '--quiet'];
  const peak = await peakOf(folder, args);
  const seconds = (performance.now() - begun) / 1000;
  console.log(`${count} documents: ${seconds.toFixed(0)} s, peak memory ${peak.toFixed(0)} MB`);
  rmSync(folder, { recursive: true });
}
