import { stripVTControlCharacters } from 'node:util';

/** Text from elsewhere, made harmless for a terminal: on one line, without escapes, control or direction characters. */
export function plainText(text: string): string {
  return stripVTControlCharacters(text)
    .replace(/[\n\r\t\u2028\u2029]+/g, ' ')
    .replace(/[\p{Cc}\p{Bidi_Control}]/gu, '');
}
