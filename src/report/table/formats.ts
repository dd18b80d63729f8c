import { escapeCsv, escapeHtml, escapeLatex, escapeMarkdown } from '../../output/escape.ts';
import { plainText } from '../../output/plain_text.ts';
import { wrapWords } from '../../output/wrap.ts';
import { type PrintedCell, printTable } from './cells.ts';
import type { TableModel } from './table_model.ts';
import { renderTable, type TableStyle } from './terminal.ts';

export const tableFormats = ['terminal', 'markdown', 'latex', 'csv', 'html'] as const;
export type TableFormat = (typeof tableFormats)[number];

/** A table with its notes in one of the formats. Texts of the model are neutral in all of them. */
export function formatTable(model: TableModel, format: TableFormat, style: TableStyle = {}): string {
  return writers[format](model, style);
}

const writers: Readonly<Record<TableFormat, (model: TableModel, style: TableStyle) => string>> = {
  terminal: (model, style) => {
    const notes = notesOf(model).flatMap((note) => wrapWords(plainText(note), style.width ?? 80));
    return [renderTable(model, style), ...notes].join('\n').trimEnd();
  },
  markdown,
  latex,
  csv,
  html,
};

/** With an empty line before them. */
function notesOf({ notes = [] }: TableModel): string[] {
  return notes.length > 0 ? ['', ...notes] : [];
}

function markdown(model: TableModel, { stderr }: TableStyle): string {
  const table = printTable(model);
  const cell = ({ text, stderr: error, best, mark }: PrintedCell) => {
    const figure = (best ? `**${text}**` : text) + mark.replace('*', '\\*');
    return stderr && error !== null ? `${figure} ±${error.trimStart()}` : figure;
  };
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [
    line([...table.textTitles, ...table.figureTitles].map(escapeMarkdown)),
    line([...table.textTitles.map(() => ':---'), ...table.figureTitles.map(() => '---:')]),
    ...table.rows.map((row) => line([...row.texts.map(escapeMarkdown), ...row.cells.map(cell)])),
    ...notesOf(model).map(escapeMarkdown).join('\n\n').split('\n').slice(1),
  ].join('\n');
}

/** A document of its own that can also be `\input` into another one, which needs booktabs. */
function latex(model: TableModel, { stderr }: TableStyle): string {
  const table = printTable(model);
  const cell = ({ text, stderr: error, best, mark }: PrintedCell) => {
    const figure = escapeFigure(text);
    const error_ = stderr && error !== null ? ` {\\scriptsize$\\pm$${error.trimStart()}}` : '';
    return (
      (best ? `\\textbf{${figure}}` : figure) +
      (mark && `$^{${mark.replace('†', '\\dagger').replace('‡', '\\ddagger')}}$`) +
      error_
    );
  };
  const line = (cells: readonly string[]) => `${cells.join(' & ')} \\\\`;
  const rows = table.rows.flatMap((row) => [
    ...(row.startsGroup ? ['\\midrule'] : []),
    line([...row.texts.map(escapeLatex), ...row.cells.map(cell)]),
  ]);
  return [
    '\\expandafter\\ifx\\csname @nodocument\\endcsname\\relax\\let\\honevalend\\relax\\else % not in a document',
    '\\documentclass{article}\\usepackage[landscape,margin=1cm]{geometry}\\usepackage{booktabs}\\begin{document}',
    '\\def\\honevalend{\\end{document}}\\fi',
    '\\begin{table}\\centering\\small',
    `\\begin{tabular}{${'l'.repeat(table.textTitles.length)}${'r'.repeat(table.figureTitles.length)}}`,
    '\\toprule',
    line([...table.textTitles, ...table.figureTitles].map(escapeLatex)),
    '\\midrule',
    ...rows,
    '\\bottomrule',
    '\\end{tabular}',
    ...notesOf(model).map((note) => (note ? `\\par\\smallskip\\footnotesize ${escapeLatex(note)}` : '')),
    '\\end{table}',
    '\\honevalend',
  ]
    .filter(Boolean)
    .join('\n');
}

function escapeFigure(text: string): string {
  return text === '–' ? '--' : text.replace(/^([+-])/, '$$$1$$');
}

/** All digits, with each figure's standard error and number of documents beside it. */
function csv(model: TableModel): string {
  const table = printTable(model);
  const head = [
    ...table.textTitles,
    ...table.figureTitles.flatMap((title) => [title, `${title} stderr`, `${title} n`]),
  ];
  const rows = table.rows.map((row, i) => {
    const { group = '', cells, average } = model.rows[i];
    const figures = [...cells, average].slice(0, table.figureTitles.length);
    const numbers = figures.flatMap((figure) => [figure?.value ?? '', figure?.stderr ?? '', figure?.size ?? '']);
    const texts = row.texts.map((text, j) => (j < table.labelColumn ? group : text));
    return [...texts.map(escapeCsv), ...numbers].join(',');
  });
  return [head.map(escapeCsv).join(','), ...rows].join('\r\n');
}

/** A table element, to be set into a page or looked at as it is. */
function html(model: TableModel, { stderr }: TableStyle): string {
  const table = printTable(model);
  const cell = ({ text, stderr: error, best, mark, count }: PrintedCell) => {
    const figure =
      (best ? `<b>${escapeHtml(text)}</b>` : escapeHtml(text)) + (mark && `<sup>${escapeHtml(mark)}</sup>`);
    return `<td${count && ` title="n = ${count}"`}>${figure}${stderr && error !== null ? ` <small>&#177;${error.trimStart()}</small>` : ''}</td>`;
  };
  const heading = (title: string) => `<th scope="col">${escapeHtml(title)}</th>`;
  const text = (value: string) => `<th scope="row">${escapeHtml(value)}</th>`;
  const rows = table.rows.map(
    (row) =>
      `${row.startsGroup ? '</tbody><tbody>\n' : ''}<tr>${row.texts.map(text).join('')}${row.cells.map(cell).join('')}</tr>`,
  );
  return [
    '<table>',
    `<thead><tr>${[...table.textTitles, ...table.figureTitles].map(heading).join('')}</tr></thead>`,
    '<tbody>',
    ...rows,
    '</tbody>',
    '</table>',
    ...(model.notes ?? []).map((note) => `<p>${escapeHtml(note)}</p>`),
  ].join('\n');
}
