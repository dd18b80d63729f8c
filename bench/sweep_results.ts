/** What the runs of a sweep have written, and the table of all that was measured. */
import { globSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { table } from './report.ts';

/** One way to score all revisions, or some of them. */
export interface Way {
  name: string;
  revisions: number;
  seconds: number;
}

/** Seconds of each stage that runs have told, over all results in a folder. */
export function stageSeconds(folder: string): Record<string, number> {
  const stages: Record<string, number> = {};
  for (const file of globSync('**/results_*.json', { cwd: folder })) {
    const { seconds } = JSON.parse(readFileSync(join(folder, file), 'utf8')).hon_eval;
    for (const [stage, spent] of Object.entries<number>(seconds)) stages[stage] = (stages[stage] ?? 0) + spent;
  }
  return stages;
}

/** The log-likelihoods that a task's samples in a folder have, documents and choices in their order. */
export function logLikelihoods(folder: string, task: string): number[] {
  const [file] = globSync(`**/samples_${task}_*.jsonl`, { cwd: folder });
  const lines = readFileSync(join(folder, file), 'utf8').trimEnd().split('\n');
  return lines.flatMap((line) => JSON.parse(line).resps.map(([[logLikelihood]]: [[string]]) => Number(logLikelihood)));
}

/** The first way is what the others are compared with, revision by revision. */
export function waysTable(ways: readonly Way[]): string {
  const each = ({ seconds, revisions }: Way) => seconds / revisions;
  const rows = ways.map((way) => {
    const ratio = (each(way) / each(ways[0])).toFixed(2);
    return [way.name, String(way.revisions), way.seconds.toFixed(0), each(way).toFixed(1), ratio];
  });
  return table(['', 'revisions', 'seconds', 'seconds a revision', 'ratio'], rows);
}

/** Whether runs wrote the same: samples to the byte, results but for times, memory and the command. */
export function describeDifference(folders: readonly string[]): string {
  const [first, ...others] = folders.map(written);
  const names = new Set([first, ...others].flatMap((files) => [...files.keys()]));
  const different = [...names].filter((file) => others.some((other) => other.get(file) !== first.get(file)));
  if (different.length > 0) return `Different: ${different.join(', ')}.`;
  return `The same ${first.size} files of ${folders.map((folder) => basename(folder)).join(', ')}.`;
}

/** By its model's folder and its name without the time, each file of a run; of results what does not change from run to run. */
function written(folder: string): Map<string, string> {
  const files = globSync('**/{results,samples}_*.{json,jsonl}', { cwd: folder });
  return new Map(
    files.map((file) => {
      const text = readFileSync(join(folder, file), 'utf8');
      const key = file
        .split('/')
        .slice(-2)
        .join('/')
        .replace(/_\d{4}-\d\d-\d\dT[\d.-]+(?=\.)/, '');
      if (file.endsWith('.jsonl')) return [key, text];
      const { results, configs, versions, task_hashes, hon_eval } = JSON.parse(text);
      const { model, tasks } = hon_eval;
      return [key, JSON.stringify({ results, configs, versions, task_hashes, model, tasks })];
    }),
  );
}
