import type { ModelConfig } from '../model/architecture.ts';
import { type AttentionCall, type HonSetting, honLabel, type Role } from '../model/hon.ts';
import type { AttentionNumbers } from './numbers.ts';

const words: Record<Role, string> = { q: 'queries', k: 'keys', v: 'values' };

/** `standard`; `Hon-QK: outer`; `Hon-QK: inner, queries`, and further down `inner, queries → keys`. */
export function attentionLabel(path: AttentionCall['path'], hon: HonSetting | undefined): string {
  const setting = honLabel(hon);
  return setting === 'standard' ? setting : `${setting}: ${callLabel(path, hon)}`;
}

/** The same without the setting. */
export function callLabel(path: AttentionCall['path'], hon: HonSetting | undefined): string {
  if (honLabel(hon) === 'standard') return 'standard';
  return path.length === 0 || !hon ? 'outer' : innerLabel(path, hon);
}

function innerLabel(path: AttentionCall['path'], { inner, order }: HonSetting): string {
  if (inner !== 'shared') return `inner, ${path.map(([role]) => words[role]).join(' → ')}`;
  const roles = path[0].map((role) => words[role]);
  const depth = order > 2 ? ` of order ${order - path.length}` : '';
  return `inner${depth}, ${roles.length > 1 ? 'the same for ' : ''}${roles.join(' and ')}`;
}

/** The numbers of one map, and what bounds the rank. */
export function numbersLabel(numbers: AttentionNumbers, { headSize }: ModelConfig): string[] {
  const { entropy, firstToken, diagonalBand, rank, effectiveRank } = numbers;
  return [
    `entropy ${entropy.toFixed(2)} nats · first token ${percent(firstToken)} · diagonal ${percent(diagonalBand)}`,
    `rank of log A ${formatRank(rank)}, effective ${formatRank(effectiveRank)} · dₖ = ${headSize}`,
  ];
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)}%`;
}

/** A mean of ranks, which are whole numbers as a rule. */
export function formatRank(rank: number): string {
  return Number.isInteger(rank) ? String(rank) : rank.toFixed(1);
}

const longestToken = 14;

/** A token's text with its spaces visible, and not too long. */
export function tokenLabel(token: string): string {
  const visible = token
    .replace(/ /g, '␣')
    .replace(/\r?\n|\r/g, '↵')
    .replace(/\t/g, '⇥')
    .replace(/[\p{C}\p{Zl}\p{Zp}]/gu, '�');
  return visible === '' ? '∅' : shorten(visible, longestToken);
}

/** At most so many characters. */
export function shorten(text: string, length: number): string {
  const characters = [...text];
  return characters.length > length ? `${characters.slice(0, Math.floor(length) - 1).join('')}…` : text;
}

/** For files: `outer`, `inner.q`, `inner.qk` where one is for both, `inner.q.k` further down. */
export function attentionKey(path: AttentionCall['path']): string {
  return path.length === 0 ? 'outer' : ['inner', ...path.map((roles) => roles.join(''))].join('.');
}
