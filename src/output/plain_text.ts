import { stripVTControlCharacters } from 'node:util';

/** Text from elsewhere, made harmless for a terminal: on one line, without escapes, control or direction characters. */
export function plainText(text: string): string {
  return stripVTControlCharacters(text)
    .replace(/[\n\r\t\u2028\u2029]+/g, ' ')
    .replace(/[\p{Cc}\p{Bidi_Control}]/gu, '');
}

/**
 * Lines for a log, none of which GitHub's runner takes for a command, in either of its notations: names and texts from
 * elsewhere may begin one.
 */
export function withoutCommands(text: string): string {
  return text.replaceAll('##[', '# #[').replace(/^(\s*):(?=:)/gm, '$1.');
}
