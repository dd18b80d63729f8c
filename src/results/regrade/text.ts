import type { Estimate } from '../../metrics/statistics.ts';
import { describeCounts } from '../../output/counts.ts';
import { formatFigure } from '../../output/figures.ts';
import { plainTable } from '../../output/plain_table.ts';
import type { GradedFile } from './grade_files.ts';

/** What samples files are worth, for a terminal: a line a file, and then the texts that are not right. */
export function renderGrades(files: readonly GradedFile[]): string {
  const sizes = [...new Set(files.flatMap(({ pass_at: passes }) => Object.keys(passes)))].sort((a, b) => +a - +b);
  const head = ['File', 'outcomes', 'documents', 'samples', 'exact_match', ...sizes.map((k) => `pass@${k}`), 'changed'];
  const rows = files.map((graded) => [
    graded.file,
    describeCounts(graded.outcomes),
    String(graded.documents),
    String(graded.samples),
    formatEstimate(graded.exact_match),
    ...sizes.map((k) => (graded.pass_at[k] ? formatEstimate(graded.pass_at[k]) : '–')),
    graded.changed === null ? '–' : String(graded.changed),
  ]);
  const notes = 'Changed: documents whose exact_match is another than in the file. ±: standard error over documents.';
  return [plainTable(head, rows, 2), notes, ...files.flatMap(renderWrong)].join('\n\n');
}

function renderWrong({ file, wrong }: GradedFile): string[] {
  if (wrong.length === 0) return [];
  const rows = wrong.map(({ doc_id: id, sample, target, answer, outcome }) => [
    `${id}${sample > 0 ? `, sample ${sample}` : ''}`,
    target,
    answer ?? '–',
    outcome === 'graded' ? 'another answer' : outcome.replaceAll('_', ' '),
  ]);
  return [`Not right in ${file}:`, plainTable(['Document', 'right answer', 'taken from the text', 'because'], rows)];
}

function formatEstimate({ value, stderr }: Estimate): string {
  return stderr === null ? formatFigure(value) : `${formatFigure(value)} ±${formatFigure(stderr)}`;
}
