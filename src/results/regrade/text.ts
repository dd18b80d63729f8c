import type { Estimate } from '../../metrics/statistics.ts';
import { describeCounts } from '../../output/counts.ts';
import { formatFigure } from '../../output/figures.ts';
import { plainTable } from '../../output/plain_table.ts';
import type { GradedFile } from './grade_files.ts';

/** What samples files are worth, for a terminal: a line a file. */
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
  return `${plainTable(head, rows, 2)}\n\n${notes}`;
}

function formatEstimate({ value, stderr }: Estimate): string {
  return stderr === null ? formatFigure(value) : `${formatFigure(value)} ±${formatFigure(stderr)}`;
}
