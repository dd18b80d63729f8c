import { plainTable } from '../output/plain_table.ts';
import { modelLabels } from '../results/names.ts';
import { attentionLabel, formatRank } from './labels.ts';
import type { AttentionMaps } from './maps.ts';
import type { AttentionNumbers } from './numbers.ts';

const headings = ['entropy', 'first token', 'diagonal', 'rank of log A', 'effective', 'd_k'];

/**
 * The numbers of every attention, means over layers and heads.
 * @param all Also those of each head.
 */
export function attentionTable(models: readonly AttentionMaps[], all: boolean): string {
  const names = modelLabels(models);
  const rows = models.flatMap(({ maps, config }, m) =>
    maps.flatMap(({ path, numbers, heads }) => {
      const row = (where: string, shown: AttentionNumbers) => [
        names[m],
        attentionLabel(path, config.hon),
        ...(all ? [where] : []),
        ...cells(shown),
        String(config.headSize),
      ];
      const ofHeads = heads.map((head) => row(`layer ${head.layer}, head ${head.head}`, head.numbers));
      return [row('mean', numbers), ...(all ? ofHeads : [])];
    }),
  );
  return plainTable(['model', 'attention', ...(all ? ['of'] : []), ...headings], rows);
}

function cells({ entropy, firstToken, diagonalBand, rank, effectiveRank }: AttentionNumbers): string[] {
  const shares = [entropy, firstToken, diagonalBand].map((value) => value.toFixed(3));
  return [...shares, formatRank(rank), formatRank(effectiveRank)];
}
