import { existsSync } from 'node:fs';
import { honLabel } from '../model/hon.ts';
import { plainText } from '../output/plain_text.ts';
import type { ModelResults } from './model_results.ts';
import { sizeInName } from './scale.ts';

/** Splits `LABEL=PATH`; a path that has an equals sign itself is left whole. */
export function splitLabel(argument: string): { label: string | null; place: string } {
  const at = argument.indexOf('=');
  if (at <= 0 || existsSync(argument)) return { label: null, place: argument };
  return { label: argument.slice(0, at), place: argument.slice(at + 1) };
}

/** Names short enough for figures: those of tables, without a revision that all have, cut in the middle. */
export function shortNames(models: readonly ModelResults[], length = 20): string[] {
  const labels = modelLabels(models);
  const revisions = new Set(labels.map((label) => label.split('@')[1]));
  return labels.map((label) => cutMiddle(revisions.size === 1 ? label.split('@')[0] : label, length));
}

function cutMiddle(text: string, length: number): string {
  const characters = [...text];
  if (characters.length <= length) return text;
  const head = Math.ceil((length - 1) / 2);
  return `${characters.slice(0, head).join('')}…${characters.slice(characters.length - (length - 1 - head)).join('')}`;
}

/** What models of several sizes have in common: the name without its size, and the attention where it is not standard. */
export function seriesName({ name, honSetting }: Pick<ModelResults, 'name' | 'honSetting'>): string {
  const [label] = modelLabels([{ name: name.split('@')[0] }]);
  const family = label
    .replace(sizeInName, '$1')
    .replace(/[-_.\s]+$|^[-_.\s]+/g, '')
    .replace(/([-_.])[-_.]+/g, '$1');
  const attention = honLabel(honSetting ?? undefined);
  const known = [family, ...(attention === 'standard' || family.includes(attention) ? [] : [attention])];
  return known.filter(Boolean).join(' ') || label;
}

/** The last part of each model's path or repository; as much more of it as tells models apart that end in the same. */
export function modelLabels(models: readonly Pick<ModelResults, 'name'>[]): string[] {
  const names = models.map(({ name }) => parts(name));
  return names.map(({ path, revision }) => {
    const ending = (length: number, { path, revision }: Parts) => [...path.slice(-length), revision].join('/');
    const others = names.filter((other) => other.path.join('/') !== path.join('/') || other.revision !== revision);
    let length = 1;
    const isShared = () => others.some((other) => ending(length, other) === ending(length, { path, revision }));
    while (length < path.length && isShared()) length++;
    return plainText(path.slice(-length).join('/') + revision);
  });
}

interface Parts {
  path: string[];
  /** With its `@`; of a repository it may have slashes. */
  revision: string;
}

function parts(name: string): Parts {
  const [, whole, revision = ''] = /^(.*?)(@[^@]*)?$/s.exec(name)!;
  const path = whole.split(/[\\/]+/).filter((part, i) => part !== '' || i === 0);
  return { path: path.length > 0 ? path : [whole], revision };
}
