import { strip } from '../../src/python/text.ts';

/**
 * Removes what WikiHow's markup left behind in HellaSwag's texts. The order matters: whitespace that brackets leave stays.
 * @param heading What ends the sentence before a heading.
 */
export function withoutMarkup(text: string, heading: RegExp): string {
  return strip(text)
    .replace(heading, '. ')
    .replace(/\[[^\n]*?\]/g, '')
    .replaceAll('  ', ' ');
}
