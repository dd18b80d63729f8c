/** Many checkpoints by one name: those of a training run. */
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { HonEvalError } from '../errors.ts';
import { listRevisions } from '../hub/revisions.ts';
import { stepOf, trainingStep } from '../training_step.ts';
import type { OpenOptions } from './place.ts';

export interface SeriesOptions extends Pick<OpenOptions, 'onNotice' | 'signal'> {
  /** Of a series, each so many-th one, counted from the last. */
  every?: number;
  /** Of a series, so many of the last ones. */
  last?: number;
}

/** Files of which a folder with one is a checkpoint itself. */
const checkpointFiles = ['config.json', 'adapter_config.json'];

/** Revisions that braces may list. */
const mostNames = 100_000;

/**
 * The checkpoints that a name means, in the order of their steps: a folder of checkpoints (`runs/exp1` with
 * `step_1000`, `checkpoint-2000`, …), a pattern of folders or revisions (`runs/exp1/step_*`, `owner/name@step*`), or a list
 * of revisions (`owner/name@step{1000..143000..1000}`, `@{main,step1000}`). Anything else is one checkpoint, itself.
 *
 * Errors: `checkpoint` where a pattern matches nothing; those of `listRevisions`.
 */
export async function checkpointsOf(name: string, options: SeriesOptions = {}): Promise<string[]> {
  const found = await series(name, options);
  if (!found) return [name];
  const ordered = found
    .map((each) => ({ each, step: trainingStep(each)?.step ?? Number.POSITIVE_INFINITY }))
    .toSorted((a, b) => (a.step === b.step ? (a.each < b.each ? -1 : 1) : a.step < b.step ? -1 : 1))
    .map(({ each }) => each);
  const { every = 1, last = ordered.length } = options;
  return ordered.filter((_, i) => (ordered.length - 1 - i) % every === 0).slice(-last);
}

/** The members of a series in any order; undefined where the name is not one. */
async function series(name: string, options: SeriesOptions): Promise<string[] | undefined> {
  const isFolder = (await stat(name).catch(() => undefined))?.isDirectory() ?? false;
  if (isFolder) return checkpointsIn(name);
  const [, repo, revision] = /^([^/@\\.~][^/@\\]*\/[^/@\\]+)@(.+)$/.exec(name) ?? [];
  if (revision) return revisions(repo, revision, options);
  if (!/[*{]/.test(name)) return undefined;
  const folders = await foldersLike(name);
  if (folders.length > 0) return folders;
  throw new HonEvalError('checkpoint', `There is no folder that ${name} matches.`);
}

/** The checkpoints in a folder; undefined where the folder is a checkpoint itself, or holds none. */
async function checkpointsIn(folder: string): Promise<string[] | undefined> {
  const entries = await readdir(folder, { withFileTypes: true });
  if (entries.some(({ name }) => checkpointFiles.includes(name) || /\.(gguf|safetensors|bin)$/.test(name)))
    return undefined;
  const names = entries.filter((entry) => !entry.isFile() && stepOf(entry.name) !== undefined).map(({ name }) => name);
  return names.length > 0 ? names.map((name) => join(folder, name)) : undefined;
}

async function revisions(repo: string, pattern: string, options: SeriesOptions): Promise<string[] | undefined> {
  if (!/[*{]/.test(pattern)) return undefined;
  const names = expandBraces(pattern);
  const patterns = names.filter((each) => each.includes('*')).map(globPattern);
  const listed = patterns.length > 0 ? await listRevisions(repo, options) : [];
  const found = [
    ...names.filter((each) => !each.includes('*')),
    ...listed.filter((each) => patterns.some((one) => one.test(each))),
  ];
  if (found.length > 0) return [...new Set(found)].map((each) => `${repo}@${each}`);
  throw new HonEvalError(
    'checkpoint',
    `No revision of ${repo} matches "${pattern}"; it has ${listed.slice(0, 8).join(', ')}${listed.length > 8 ? ', …' : ''}.`,
  );
}

/** Folders whose path matches, where each part may have `*` and braces. */
async function foldersLike(pattern: string): Promise<string[]> {
  const parts = pattern.split('/');
  let found = [parts[0] === '' ? '/' : ''];
  for (const part of parts) {
    if (part === '') continue;
    const alternatives = expandBraces(part);
    const next: string[] = [];
    for (const folder of found) {
      const names = part.includes('*') ? await readdir(folder || '.').catch(() => []) : alternatives;
      const matching = names.filter((each) => alternatives.some((one) => globPattern(one).test(each)));
      for (const each of matching) {
        const path = join(folder, each);
        if ((await stat(path).catch(() => undefined))?.isDirectory()) next.push(path);
      }
    }
    found = next;
  }
  return found;
}

function globPattern(pattern: string): RegExp {
  const literal = (text: string) => text.replace(/[\\^$.+?()[\]{}|]/g, '\\$&');
  return new RegExp(`^${pattern.split('*').map(literal).join('.*')}$`);
}

/** Brace expansion as shells have it: `{a,b}`, `{1..9}` and `{0..90..10}`. */
export function expandBraces(pattern: string): string[] {
  const [whole, inner] = /\{([^{}]*)\}/.exec(pattern) ?? [];
  if (whole === undefined) return [pattern];
  const at = pattern.indexOf(whole);
  const [head, tail] = [pattern.slice(0, at), pattern.slice(at + whole.length)];
  const expanded = alternatives(inner).flatMap((each) => expandBraces(`${head}${each}${tail}`));
  if (expanded.length > mostNames)
    throw new HonEvalError('usage', `"${pattern}" names ${expanded.length} checkpoints; ${mostNames} are possible.`);
  return expanded;
}

function alternatives(inner: string): string[] {
  const [, from, to, by] = /^(\d+)\.\.(\d+)(?:\.\.(\d+))?$/.exec(inner) ?? [];
  if (from === undefined) return inner.split(',');
  const [first, last, step] = [Number(from), Number(to), Math.max(1, Number(by ?? 1))];
  const count = Math.floor(Math.abs(last - first) / step) + 1;
  if (count > mostNames)
    throw new HonEvalError('usage', `"{${inner}}" names ${count} checkpoints; ${mostNames} are possible.`);
  const direction = last < first ? -1 : 1;
  return Array.from({ length: count }, (_, i) => String(first + direction * i * step));
}
