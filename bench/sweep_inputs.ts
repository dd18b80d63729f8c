/** What the benchmark of a sweep is made of: a training run on a hub, and rows of its tasks. */
import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { startHub } from '../test/hub/hub_server.ts';
import { checkPaths, tell } from './setup.ts';

/** Rows of all tasks: SciQ's, where there are none, are made. */
export function dataFolder(folder: string, from: string, tasks: readonly string[], documents: number): string {
  mkdirSync(folder, { recursive: true });
  for (const task of tasks) {
    const [source, target] = [resolve(from, `${task}.jsonl`), join(folder, `${task}.jsonl`)];
    if (existsSync(target)) continue;
    if (existsSync(source)) symlinkSync(source, target);
    else if (task === 'sciq') writeFileSync(target, Array.from({ length: documents }, (_, i) => sciqRow(i)).join(''));
    else checkPaths(source);
  }
  return folder;
}

function sciqRow(i: number): string {
  const [a, b] = [i + 12, 3 * i + 5];
  const support = `Counting began with ${a} stones and ${b} shells. `.repeat(4);
  const distractors = { distractor1: `${a}`, distractor2: `${b}`, distractor3: `${a * b}` };
  const question = `How many stones and shells are there when ${a} stones lie beside ${b} shells?`;
  return `${JSON.stringify({ question, ...distractors, correct_answer: `${a + b}`, support })}\n`;
}

/** A copy of a checkpoint with the bytes of one tensor in another order, so that revisions differ in their scores. */
export function makeRevision(base: string, folder: string, seed: number): string {
  if (existsSync(folder)) return folder;
  tell(`Making ${folder}`);
  cpSync(base, `${folder}.part`, { recursive: true });
  const file = join(`${folder}.part`, 'model.safetensors');
  const bytes = readFileSync(file);
  const start = 8 + Number(bytes.readBigUInt64LE(0));
  const header = JSON.parse(bytes.toString('utf8', 8, start));
  const [from, to] = header['gpt_neox.layers.3.mlp.dense_4h_to_h.weight'].data_offsets;
  const tensor = bytes.subarray(start + from, start + to);
  const turned = Buffer.concat([tensor.subarray(2 * 512 * seed), tensor.subarray(0, 2 * 512 * seed)]);
  turned.copy(bytes, start + from);
  writeFileSync(file, bytes);
  renameSync(`${folder}.part`, folder);
  return folder;
}

/** A hub with a branch for each folder, by its name. It has read and hashed all of them, as a hub has. */
export async function hubOf(repo: string, folders: readonly string[]) {
  const revisions = Object.fromEntries(folders.map((folder) => [basename(folder), folder]));
  const hub = await startHub({ repositories: { [`models/${repo}`]: { revisions } } });
  for (const revision of Object.keys(revisions)) hub.commit(`models/${repo}`, revision);
  return hub;
}
