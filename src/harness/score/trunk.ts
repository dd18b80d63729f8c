/** What all questions of a task begin with, its fixed shots say: read once for all of them. */

import type { EncodedRequest } from '../tree/request.ts';
import type { Window } from '../tree/tree.ts';
import type { AskedDocument } from './encode.ts';

/** Tokens that are worth being read by themselves, at least. */
export const leastTrunk = 64;

/** Notes that a document begins with a text that others begin with, if it does. */
export function withTrunk(document: AskedDocument, text: string, isFirst: boolean): AskedDocument {
  const begins = text !== '' && document.requests.some(([context]) => context.startsWith(text));
  return begins ? { ...document, trunk: { text, isFirst } } : document;
}

/** What documents' questions begin with, all of them; up to the end of a word, which has the same tokens whatever follows it. */
export function commonBeginning(documents: readonly AskedDocument[]): string {
  if (documents.length < 2) return '';
  // What choices are compared with may have contexts of its own behind the question's.
  const contexts = documents.map(({ requests: [[context]] }) => context).filter((text) => text !== '');
  let [common = ''] = contexts;
  for (const context of contexts) {
    if (context.startsWith(common)) continue;
    let length = 0;
    while (common[length] === context[length]) length++;
    common = common.slice(0, length);
  }
  return /^(.*\S)\s+\S*$/s.exec(common)?.[1] ?? '';
}

/**
 * Whether a request can be scored after the trunk's tokens in place of reading them: it begins with them, has more, and
 * none of it is left out. Where a model reads long sequences otherwise from their first token on, what it makes of a trunk
 * is not the same for all that follow it.
 */
export function followsTrunk(
  { context, continuation }: EncodedRequest,
  trunk: readonly number[],
  { maxLength, long }: Window,
): boolean {
  if (long || context.length <= trunk.length) return false;
  if (context.length + continuation.length > maxLength + 1) return false;
  return trunk.every((token, i) => token === context[i]);
}
