import type { Tokenizer } from '../../checkpoint/tokenizer.ts';
import { HonEvalError } from '../../errors.ts';
import type { Document } from '../task/task.ts';
import type { EncodedRequest } from './request.ts';

/** What is asked of the model about one document, in text and in tokens: one request a choice, in their order. */
export interface EncodedDocument {
  requests: [context: string, continuation: string][];
  encoded: EncodedRequest[];
}

/**
 * Requests of a document, cut into tokens as lm-evaluation-harness's `TemplateLM` does: whitespace at the end of the
 * context goes to the continuation, and the continuation is what the joint encoding has beyond the context's own.
 * Throws a `dataset` error where nothing is left to score.
 */
export function encodeDocument(
  tokenizer: Tokenizer,
  document: Pick<Document, 'context' | 'choices' | 'place'>,
  delimiter = ' ',
): EncodedDocument {
  const { context } = document;
  const requests = requestTexts(document, delimiter);
  const continuations = requests.map(([, continuation]) => continuation);
  const encoded =
    context === '' ? encodeBare(tokenizer, continuations) : encodePairs(tokenizer, context, continuations);
  check(encoded, document);
  return { requests, encoded };
}

/** What is asked of the model about a document: one (context, continuation) pair a choice. */
export function requestTexts(
  { context, choices }: Pick<Document, 'context' | 'choices'>,
  delimiter = ' ',
): EncodedDocument['requests'] {
  return choices.map((choice) => [context, delimiter + choice]);
}

function encodePairs(tokenizer: Tokenizer, context: string, continuations: string[]): EncodedRequest[] {
  const trimmed = context.slice(0, lengthWithoutTrailingSpace(context));
  const head = encode(tokenizer, trimmed, trimmed);
  return continuations.map((continuation) => {
    const whole = encode(tokenizer, context + continuation, trimmed);
    return { context: head, continuation: whole.slice(head.length) };
  });
}

/** Requests without a context: the model reads the BOS token, or the EOS token where there is none. */
function encodeBare(tokenizer: Tokenizer, continuations: string[]): EncodedRequest[] {
  const prefix = prefixToken(tokenizer);
  if (!prefix) {
    throw new HonEvalError(
      'checkpoint',
      'The tokenizer has neither a BOS nor an EOS token to stand for an empty context.',
    );
  }
  return continuations.map((continuation) => {
    const ids = tokenizer.encode(continuation, { addSpecialTokens: false });
    return ids[0] === prefix.id
      ? { context: ids.slice(0, 1), continuation: ids.slice(1) }
      : { context: [prefix.id], continuation: ids };
  });
}

function encode(tokenizer: Tokenizer, text: string, context: string): number[] {
  const prefix = prefixToken(tokenizer);
  const startsWithPrefix = prefix !== undefined && text.startsWith(prefix.content);
  return tokenizer.encode(text, { context, addSpecialTokens: !startsWithPrefix });
}

function prefixToken({ bos, eos }: Tokenizer) {
  return bos ?? eos;
}

function check(encoded: EncodedRequest[], { place, choices }: Pick<Document, 'place' | 'choices'>): void {
  encoded.forEach(({ context, continuation }, choice) => {
    if (context.length > 0 && continuation.length > 0) return;
    const [part, text] = context.length === 0 ? ['context', 'only whitespace'] : ['continuation', choices[choice]];
    throw new HonEvalError(
      'dataset',
      `${place}, choice ${choice}: the ${part} (${JSON.stringify(text)}) has no tokens of its own to score.`,
    );
  });
}

/** Length of what Python's `str.rstrip()` leaves, in UTF-16 units; it knows U+001C to U+001F and not U+FEFF. */
function lengthWithoutTrailingSpace(text: string): number {
  let length = text.length;
  while (length > 0 && isPythonSpace(text[length - 1]!)) length--;
  return length;
}

function isPythonSpace(character: string): boolean {
  return /\p{White_Space}/u.test(character) || (character >= '\x1c' && character <= '\x1f');
}
