/** One hostile name through every format that names and texts are written in. */
import { expect, test } from 'vitest';
import { escapeCsv, escapeHtml, escapeLatex, escapeMarkdown, escapeXml } from '../../src/output/escape.ts';
import { plainText } from '../../src/output/plain_text.ts';

const controls = '\u001b[31mred\u001b[0m\u001b]8;;http://x\u0007link\u009b2J\u202e\n::error::no\r\u2028';
const hostile = `${controls}<script>alert(1)</script>|\\input{/etc/passwd}$x$ @all [a](b)`;

test.each(Object.entries({ plainText, escapeHtml, escapeXml, escapeMarkdown, escapeLatex, escapeCsv }))(
  '%s lets no escape, control or direction character and no new line through',
  (_, format) => {
    expect(format(hostile)).not.toMatch(/[\p{Cc}\p{Bidi_Control}\u2028\u2029]/u);
    expect(format(hostile)).toContain('red');
    expect(format(hostile)).not.toMatch(/^::/m);
  },
);

test('no markup goes through', () => {
  for (const format of [escapeHtml, escapeXml, escapeMarkdown]) expect(format(hostile)).not.toMatch(/<|>/);
  expect(escapeMarkdown(hostile)).not.toMatch(/(?<!\\)[|[\]`]|@/);
  expect(escapeLatex(hostile)).not.toMatch(/\\input|(?<!\\)[$]x/);
});

test.each(['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', '\r=1', ' =1', '＝1+1', '＋1', '－1', '＠x'])(
  'no spreadsheet takes %j for a formula',
  (text) => {
    expect(escapeCsv(text)).toMatch(/^"?'/);
  },
);
