import { parts } from '../model/trace.ts';
import { plainTable } from '../output/plain_table.ts';
import { plainText } from '../output/plain_text.ts';
import { flopUnit, readableBytes, readableCount } from '../output/units.ts';
import type { Inspection } from './model.ts';

/** An inspection for people. */
export function inspectionText(inspection: Inspection): string {
  const { model, architecture, label, parameters, length, batch, dtype, memory } = inspection;
  const { layers, hiddenSize, heads, keyHeads, headSize, vocabularySize, contextLength } = inspection;
  const grouped = keyHeads === heads ? '' : ` (${keyHeads} of keys and values)`;
  return [
    plainText(`${model}: ${architecture}, ${label}`),
    `${layers} layers of ${hiddenSize}, ${heads} heads of ${headSize}${grouped}, ` +
      `vocabulary ${vocabularySize}, context ${contextLength}`,
    ...windowLines(inspection),
    '',
    `Parameters: ${readableCount(parameters.total)}, ${readableCount(parameters.embedding)} of them in embeddings, ` +
      `${readableCount(parameters.added)} added by Hon`,
    '',
    ...orderLines(inspection),
    '',
    `Memory in ${dtype}: weights ${readableBytes(memory.weights)}, keys and values ` +
      `${readableBytes(memory.cachePerToken)} a token`,
    `Batch of ${batch} × ${length} tokens: keys and values ${readableBytes(memory.cache)}, activations at most ` +
      readableBytes(memory.activations),
  ].join('\n');
}

function windowLines({ windows, layers }: Inspection): string[] {
  const sizes = windows.filter((window) => window !== null);
  if (sizes.length === 0) return [];
  const which = sizes.length === layers ? 'Every layer' : `${sizes.length} of ${layers} layers`;
  return [`${which} with a window of ${[...new Set(sizes)].join(', ')} tokens`];
}

function orderLines({ hon, orders, length }: Inspection): string[] {
  const unit = flopUnit(Math.max(...orders.map(({ flops }) => flops.total)));
  const shown = (flops: number) => (flops / unit.size).toFixed(2);
  const own = hon?.order ?? 1;
  const head = ['order', ...orders.map(({ order }) => (order === own ? `${order} (this)` : String(order)))];
  const row = (title: string, cell: (cost: Inspection['orders'][number]) => string) => [title, ...orders.map(cell)];
  const rows = [
    ...parts.map((part) => row(part, ({ flops }) => shown(flops[part]))),
    row('total', ({ flops }) => shown(flops.total)),
    row('attentions', ({ attentions }) => String(attentions)),
    row('as written', ({ asWritten }) => shown(asWritten.flops)),
    row('attentions as written', ({ asWritten }) => String(asWritten.attentions)),
    row("the paper's count", ({ paper }) => String(paper)),
  ];
  return [
    `Operations of one token that sees ${length}, in ${unit.name}, and attentions of a layer:`,
    plainTable(head, rows, 1),
  ];
}
