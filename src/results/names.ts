import { basename } from 'node:path';
import { honLabel } from '../model/hon.ts';
import { plainText } from '../output/plain_text.ts';
import type { ModelResults } from './model_results.ts';

/** Names short enough for figures: the last part of each, without a revision that all have, cut in the middle. */
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
export function seriesName({ name, honSetting }: ModelResults): string {
  const [label] = modelLabels([{ name: name.split('@')[0] }]);
  const family = label
    .replace(/(?<![\w.])\d+(?:\.\d+)?[mb](?![a-z0-9])/i, '')
    .replace(/[-_.\s]+$|^[-_.\s]+/g, '')
    .replace(/([-_.])[-_.]+/g, '$1');
  const attention = honLabel(honSetting ?? undefined);
  const known = [family, ...(attention === 'standard' || family.includes(attention) ? [] : [attention])];
  return known.filter(Boolean).join(' ') || label;
}

/** The last part of each model's name; all of it where another one ends in the same. */
export function modelLabels(models: readonly Pick<ModelResults, 'name'>[]): string[] {
  const short = models.map(({ name }) => basename(name));
  return models.map(({ name }, i) =>
    plainText(short.filter((other) => other === short[i]).length > 1 ? name : short[i]),
  );
}
