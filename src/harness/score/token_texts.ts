import type { Tokenizer } from '../../checkpoint/tokenizer/tokenizer.ts';
import type { EncodedRequest } from '../tree/request.ts';

/** What stands for the bytes of a character that is not whole. */
const incomplete = '\uFFFD';

/**
 * What each token of a continuation adds to the text before it; a character that several tokens make stands with the last
 * of them. Joined they are the continuation as the tokenizer decodes it.
 */
export function tokenTexts(tokenizer: Tokenizer, { context, continuation }: EncodedRequest): string[] {
  let before = lastCharacter(tokenizer, context);
  let shown = tokenizer.decode(before);
  let held: number[] = [];
  return continuation.map((token, i) => {
    held.push(token);
    const text = tokenizer.decode([...before, ...held]);
    if (text.endsWith(incomplete) && i < continuation.length - 1 && held.length < longestCharacter) return '';
    const added = text.slice(commonLength(shown, text));
    // All tokens of a character: some decoders make nothing of its last byte and what follows.
    [before, held] = [held, []];
    shown = tokenizer.decode(before);
    return added;
  });
}

/** The tokens that end a text with a whole character: decoders treat a text's first token in ways of its own. */
function lastCharacter(tokenizer: Tokenizer, tokens: readonly number[]): number[] {
  const ends = Array.from({ length: longestCharacter }, (_, i) => tokens.slice(-1 - i));
  return ends.find((end) => !tokenizer.decode(end).includes(incomplete)) ?? ends[0];
}

/** Bytes of UTF-8, of which a token has one at least. */
const longestCharacter = 4;

function commonLength(a: string, b: string): number {
  let length = 0;
  while (length < a.length && a[length] === b[length]) length++;
  return length;
}
