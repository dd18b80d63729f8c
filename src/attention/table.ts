import { plainTable } from '../output/plain_table.ts';
import { modelLabels } from '../results/names.ts';
import { callLabel, formatRank } from './labels.ts';
import type { AttentionMaps } from './maps.ts';
import type { AttentionNumbers } from './numbers.ts';

const headings = ['entropy', 'first token', 'diagonal', 'rank', 'effective'];

/**
 * The numbers of every attention, means over layers and heads; a table a model, under its name and the size of its heads,
 * which bounds the rank.
 * @param all Also those of each head.
 */
export function attentionTable(models: readonly AttentionMaps[], all: boolean): string {
  const names = modelLabels(models);
  return models
    .map((model, m) => `${names[m]}, d_k = ${model.config.headSize}\n${modelTable(model, all)}`)
    .join('\n\n');
}

function modelTable({ maps, config }: AttentionMaps, all: boolean): string {
  const rows = maps.flatMap(({ path, numbers, heads }) => {
    const row = (where: string[], shown: AttentionNumbers) => [
      callLabel(path, config.hon),
      ...(all ? where : []),
      ...cells(shown),
    ];
    const ofHeads = heads.map((head) => row([String(head.layer), String(head.head)], head.numbers));
    return [row(['all', 'all'], numbers), ...(all ? ofHeads : [])];
  });
  return plainTable(['attention', ...(all ? ['layer', 'head'] : []), ...headings], rows, 1);
}

function cells({ entropy, firstToken, diagonalBand, rank, effectiveRank }: AttentionNumbers): string[] {
  const shares = [entropy, firstToken, diagonalBand].map((value) => value.toFixed(3));
  return [...shares, formatRank(rank), formatRank(effectiveRank)];
}
