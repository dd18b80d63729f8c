import type { SpecialToken, Tokenizer } from '../../checkpoint/tokenizer/tokenizer.ts';
import { HonEvalError } from '../../errors.ts';
import { stripEnd } from '../../python/text.ts';
import { type AskingTask, type Request, requestsOf } from '../task/prompt.ts';
import type { Document } from '../task/task.ts';
import type { EncodedRequest } from '../tree/request.ts';

/** What is asked of the model about one document, in text. */
export interface AskedDocument {
  requests: Request[];
  /** Whether its one request is a whole text, of any length. */
  rolling: boolean;
  /** What its contexts begin with, as those of its task's other documents do. */
  trunk?: {
    text: string;
    /** Whether the document is the first of its task: the trunk's tokens are counted with it. */
    isFirst: boolean;
  };
  /** File and row, for messages. */
  place: string;
}

/** What is asked about a document in plain text. */
export function askedOf(document: Document, task: AskingTask): AskedDocument {
  const { place } = document;
  return { requests: requestsOf(document, task), rolling: task.output === 'loglikelihood_rolling', place };
}

/**
 * A document's requests, one a choice and in their order, cut into tokens as lm-evaluation-harness's `TemplateLM` does:
 * whitespace at the end of the context goes to the continuation, and the continuation is what the joint encoding has
 * beyond the context's own. Throws a `dataset` error where nothing is left to score.
 */
export function encodeRequests(
  tokenizer: Tokenizer,
  { requests, place, trunk }: Omit<AskedDocument, 'rolling'>,
): EncodedRequest[] {
  const encoded = new Array<EncodedRequest>(requests.length);
  for (const [context, indices] of Map.groupBy(requests.keys(), (i) => requests[i][0])) {
    const continuations = indices.map((i) => requests[i][1]);
    const pairs =
      context === ''
        ? encodeBare(tokenizer, continuations)
        : encodePairs(tokenizer, context, continuations, trunk?.text ?? '');
    pairs.forEach((pair, k) => {
      encoded[indices[k]] = pair;
    });
  }
  check(encoded, requests, place);
  return encoded;
}

/**
 * A whole text as windows of the model's length, each token the continuation of one: the first after the BOS or EOS
 * token, each later one after the last token before it, and the last one after as much as fits
 * (`get_rolling_token_windows` and `make_disjoint_window` of lm_eval/utils.py).
 */
export function encodeRolling(tokenizer: Tokenizer, text: string, maxLength: number, place: string): EncodedRequest[] {
  const tokens = encode(tokenizer, text);
  if (tokens.length === 0) throw new HonEvalError('dataset', `${place}: the text has no tokens to score.`);
  const first = { context: [stand(tokenizer).id], continuation: tokens.slice(0, maxLength) };
  const starts = Array.from(
    { length: Math.max(0, Math.ceil(tokens.length / maxLength) - 1) },
    (_, i) => (i + 1) * maxLength,
  );
  const windows = starts.map((start) => {
    const end = Math.min(start + maxLength, tokens.length);
    return { context: tokens.slice(end - maxLength - 1, start), continuation: tokens.slice(start, end) };
  });
  return [first, ...windows];
}

/** The tokens of a text that documents begin with. */
export function encodeTrunk(tokenizer: Tokenizer, text: string): number[] {
  return encode(tokenizer, text, [text]);
}

/** @param trunk A text that other contexts begin with, too. */
function encodePairs(tokenizer: Tokenizer, context: string, continuations: string[], trunk: string): EncodedRequest[] {
  const trimmed = stripEnd(context);
  const contexts = [trunk, trimmed];
  const head = encode(tokenizer, trimmed, contexts);
  return continuations.map((continuation) => {
    const whole = encode(tokenizer, context + continuation, contexts);
    return { context: head, continuation: whole.slice(head.length) };
  });
}

/** Requests without a context: the model reads the BOS token, or the EOS token where there is none. */
function encodeBare(tokenizer: Tokenizer, continuations: string[]): EncodedRequest[] {
  const prefix = stand(tokenizer);
  return continuations.map((continuation) => {
    const ids = tokenizer.encode(continuation, { addSpecialTokens: false });
    return ids[0] === prefix.id
      ? { context: ids.slice(0, 1), continuation: ids.slice(1) }
      : { context: [prefix.id], continuation: ids };
  });
}

/** What stands for an empty context. */
function stand(tokenizer: Tokenizer): SpecialToken {
  const token = prefixToken(tokenizer);
  if (token) return token;
  throw new HonEvalError(
    'checkpoint',
    'The tokenizer has neither a BOS nor an EOS token to stand for an empty context.',
  );
}

function encode(tokenizer: Tokenizer, text: string, contexts: readonly string[] = []): number[] {
  const prefix = prefixToken(tokenizer);
  const startsWithPrefix = prefix !== undefined && text.startsWith(prefix.content);
  return tokenizer.encode(text, { contexts, addSpecialTokens: !startsWithPrefix });
}

function prefixToken({ bos, eos }: Tokenizer) {
  return bos ?? eos;
}

function check(encoded: readonly EncodedRequest[], requests: readonly Request[], place: string): void {
  encoded.forEach(({ context, continuation }, i) => {
    if (context.length > 0 && continuation.length > 0) return;
    const [part, text] = context.length === 0 ? ['context', 'only whitespace'] : ['continuation', requests[i][1]];
    throw new HonEvalError(
      'dataset',
      `${place}, choice ${i}: the ${part} (${JSON.stringify(text)}) has no tokens of its own to score.`,
    );
  });
}
