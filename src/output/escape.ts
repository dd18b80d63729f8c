/** Text from elsewhere, made neutral for the formats that reports are written in. */
import { plainText } from './plain_text.ts';

/** For HTML's text and attribute values, in ASCII so that no encoding has to be agreed on. */
export function escapeHtml(text: string): string {
  return plainText(text).replace(/[&<>"'`]|[^\x20-\x7e]/gu, (character) => `&#${character.codePointAt(0)};`);
}

/** For XML 1.0's text and attribute values; what XML cannot hold becomes U+FFFD. */
export function escapeXml(text: string): string {
  return plainText(text)
    .toWellFormed()
    .replace(/[\ufffe\uffff]/g, '\ufffd')
    .replace(/[&<>"']/g, (character) => `&#${character.codePointAt(0)};`);
}

/** For a cell of a Markdown table: neither markup, HTML, links nor mentions, and no end of the cell. */
export function escapeMarkdown(text: string): string {
  return plainText(text)
    .replace(/[\\`*_{}[\]|~$]/g, '\\$&')
    .replace(/[&<>@]|(?<=:)\/\/|(?<=www)\./gi, (found) =>
      [...found].map((each) => `&#${each.codePointAt(0)};`).join(''),
    );
}

/** For LaTeX's text, in characters that pdfTeX can print with its standard fonts; others become a question mark. */
export function escapeLatex(text: string): string {
  return plainText(text)
    .normalize('NFC')
    .replace(/[^\x20-\x7e]|[\\{}$&#^_~%<>|"'`-]/gu, (character) => latex[character] ?? latin(character));
}

const latex: Readonly<Record<string, string>> = {
  '\\': '\\textbackslash{}',
  '{': '\\{',
  '}': '\\}',
  $: '\\$',
  '&': '\\&',
  '#': '\\#',
  '^': '\\textasciicircum{}',
  _: '\\_',
  '~': '\\textasciitilde{}',
  '%': '\\%',
  '<': '\\textless{}',
  '>': '\\textgreater{}',
  '|': '\\textbar{}',
  '"': '\\char34{}',
  "'": '\\char39{}',
  '`': '\\char96{}',
  '-': '-{}',
  '–': '--',
  '±': '$\\pm$',
  '×': '$\\times$',
  '*': '*',
  '†': '$\\dagger$',
  '≤': '$\\le$',
  α: '$\\alpha$',
};

function latin(character: string): string {
  return /[À-ÖØ-öø-ÿ]/.test(character) ? character : '?';
}

/**
 * A field of CSV (RFC 4180). A text that a spreadsheet would run as a formula, also by signs of full width,
 * gets an apostrophe before it.
 */
export function escapeCsv(text: string): string {
  const plain = plainText(text);
  const harmless = /^\s*[=+@\-＝＋＠－]./u.test(plain) ? `'${plain}` : plain;
  return /[",\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}
