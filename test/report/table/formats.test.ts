import { describe, expect, it, test } from 'vitest';
import { formatTable, type TableFormat, tableFormats } from '../../../src/report/table/formats.ts';
import type { TableModel } from '../../../src/report/table/table_model.ts';

const model: TableModel = {
  groupTitle: 'Scale',
  columns: [
    { title: 'ARC-E', metric: 'acc', higherIsBetter: true, unit: 'accuracy' },
    { title: 'ppl', metric: 'ppl', higherIsBetter: false, unit: 'accuracy' },
  ],
  rows: [
    row('70M', 'a_b', 0.25, 12.5),
    { ...row('70M', 'c', 0.5, 14), cells: [{ value: 0.5, stderr: 0.0123, mark: '*' }, null] },
    row('1B', 'd', 0.75, 10),
  ],
  notes: ['* note', 'second'],
};

function row(group: string, label: string, first: number, second: number): TableModel['rows'][number] {
  const cells = [first, second].map((value) => ({ value, stderr: 0.0123, size: 100 }));
  return { group, label, cells, average: null };
}

const lines = (format: TableFormat, stderr = false) => formatTable(model, format, { stderr }).split('\n');

describe('formats', () => {
  test('terminal', () => {
    expect(lines('terminal')).toEqual([
      'Scale  Model  ARC-E     ppl  Avg.',
      '─────────────────────────────────',
      '70M    a_b    .250   12.500     –',
      '       c      .500*       –     –',
      '1B     d      .750   10.000     –',
      '',
      '* note',
      'second',
    ]);
  });

  test('markdown', () => {
    expect(lines('markdown')).toEqual([
      '| Scale | Model | ARC-E | ppl | Avg. |',
      '| :--- | :--- | ---: | ---: | ---: |',
      '| 70M | a\\_b | .250 | 12.500 | – |',
      '|  | c | **.500**\\* | – | – |',
      '| 1B | d | .750 | 10.000 | – |',
      '',
      '\\* note',
      '',
      'second',
    ]);
    expect(lines('markdown', true)[3]).toBe('|  | c | **.500**\\* ±.012 | – | – |');
  });

  test('latex', () => {
    const text = lines('latex');
    const from = text.indexOf('\\toprule');
    expect(text.slice(from - 1, text.indexOf('\\bottomrule'))).toEqual([
      '\\begin{tabular}{llrrr}',
      '\\toprule',
      'Scale & Model & ARC-{}E & ppl & Avg. \\\\',
      '\\midrule',
      '70M & a\\_b & .250 & 12.500 & -- \\\\',
      ' & c & \\textbf{.500}$^{*}$ & -- & -- \\\\',
      '\\midrule',
      '1B & d & .750 & 10.000 & -- \\\\',
    ]);
    expect(text.at(-1)).toBe('\\honevalend');
    expect(lines('latex', true).join()).toContain('\\textbf{.500}$^{*}$ {\\scriptsize$\\pm$.012}');
  });

  test('csv has all digits, and the group in each row', () => {
    expect(formatTable(model, 'csv').split('\r\n')).toEqual([
      'Scale,Model,ARC-E,ARC-E stderr,ARC-E n,ppl,ppl stderr,ppl n,Avg.,Avg. stderr,Avg. n',
      '70M,a_b,0.25,0.0123,100,12.5,0.0123,100,,,',
      '70M,c,0.5,0.0123,,,,,,,',
      '1B,d,0.75,0.0123,100,10,0.0123,100,,,',
    ]);
  });

  test('html', () => {
    const text = formatTable(model, 'html', { stderr: true });
    expect(text).toContain('<td><b>.500</b><sup>*</sup> <small>&#177;.012</small></td><td>&#8211;</td>');
    expect(text.match(/<tbody>/g)).toHaveLength(2);
    expect(text).toContain('<p>* note</p>');
  });
});

describe('text from elsewhere', () => {
  const hostile: [what: string, text: string, forbidden: Partial<Record<TableFormat, RegExp>>][] = [
    ['HTML', '<img src=x onerror="alert(1)">&amp;', { html: /<img|&amp;/, markdown: /<img|&amp;/ }],
    ['LaTeX', '\\input{/etc/passwd}$x$%#&_^~', { latex: /\\input|\$x\$/ }],
    ['a terminal', '\u001b[31mred\u001b]0;t\u0007\u202etxt', { terminal: /[\p{Cc}\p{Bidi_Control}]/u }],
    ['a spreadsheet', "=cmd|'/c calc'!A1", { csv: /^(.*,)?"?=/m }],
    ['a spreadsheet, after a space', ' @SUM(A1)', { csv: /,"? *@/ }],
    ['Markdown', '[x](javascript:1) `c` | d *e* @team https://x.example', { markdown: /[^\\][`*[|]\w|@|:\/\// }],
    ['several lines', 'a\nb\r\nc', {}],
  ];

  it.each(hostile)('for %s is neutral as a label, a title and a note', (_, text, forbidden) => {
    const figure = { value: 0.5, stderr: null };
    const table: TableModel = {
      columns: [{ title: text, metric: 'acc', higherIsBetter: true, unit: 'accuracy' }],
      attributeTitles: [text],
      rows: [{ label: text, attributes: [text], cells: [figure], average: null }],
      notes: [text],
    };
    const harmless = JSON.parse(JSON.stringify(table).replaceAll(JSON.stringify(text), '"plain"'));
    for (const format of tableFormats) {
      const [written, plain] = [table, harmless].map((each) =>
        formatTable(each, format, { width: 300 }).split(/\r?\n/),
      );
      expect(written).toHaveLength(plain.length);
      for (const line of written) expect(line).not.toMatch(forbidden[format] ?? /\n/);
    }
  });

  it('is a question mark in LaTeX where pdfTeX has no such letter', () => {
    const table: TableModel = { columns: [], rows: [{ label: 'été 模 🙂 e\u0301', cells: [], average: null }] };
    expect(formatTable(table, 'latex')).toContain('été ? ? é');
  });

  it('with a quote or comma is quoted in CSV', () => {
    const table: TableModel = { columns: [], rows: [{ label: 'a,"b"', cells: [], average: null }] };
    expect(formatTable(table, 'csv')).toBe('Model\r\n"a,""b"""');
  });
});
