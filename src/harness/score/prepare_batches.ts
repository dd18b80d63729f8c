import type { Batch } from '../../backend/backend.ts';
import type { Tokenizer } from '../../checkpoint/tokenizer/tokenizer.ts';
import { checkVocabulary } from '../open_run.ts';
import { type AskedDocument, encodeRequests, encodeRolling } from './encode.ts';
import { packTrees } from './pack.ts';
import type { PreparedDocument, PrepareOptions } from './prepared.ts';
import type { EncodedRequest } from './request.ts';
import { type PlantedTree, shareTrunks } from './share_trunks.ts';
import { buildTree, type TokenTree } from './tree.ts';

export type { PreparedDocument, PrepareOptions } from './prepared.ts';

/** One document's requests, in tokens. */
export interface EncodedDocument {
  encoded: EncodedRequest[];
  /** Whether they are windows of one text, of which each is a tree of its own. */
  rolling?: boolean;
  /** File and row, for messages. */
  place: string;
}

export interface PreparedBatch {
  batch: Batch;
  documents: PreparedDocument[];
}

/** Documents as batches for a backend. */
export interface Prepared {
  batches: PreparedBatch[];
  seconds: { tokenize: number; pack: number };
}

/** Text → tokens → trees → batches. Throws a `dataset` error that names the document which cannot be scored. */
export function prepare(tokenizer: Tokenizer, documents: readonly AskedDocument[], options: PrepareOptions): Prepared {
  const started = performance.now();
  const encoded = documents.map((document) => encode(tokenizer, document, options));
  const tokenize = (performance.now() - started) / 1000;
  const prepared = prepareEncoded(encoded, options);
  return { ...prepared, seconds: { ...prepared.seconds, tokenize } };
}

/** Throws as `prepare` where a document cannot be scored. */
export function checkDocument(tokenizer: Tokenizer, document: AskedDocument, options: PrepareOptions): void {
  plant(encode(tokenizer, document, options), 0, options);
}

function encode(tokenizer: Tokenizer, document: AskedDocument, { maxLength }: PrepareOptions): EncodedDocument {
  const { rolling, place, requests } = document;
  const encoded = rolling
    ? encodeRolling(tokenizer, requests[0][1], maxLength, place)
    : encodeRequests(tokenizer, document);
  return { encoded, rolling, place };
}

/** Tokens → trees → batches. */
export function prepareEncoded(documents: readonly EncodedDocument[], options: PrepareOptions): Prepared {
  const started = performance.now();
  const planted = documents.flatMap((document, index) => plant(document, index, options));
  const groves = shareTrunks(planted, options);
  const trees = groves.map(({ tree }) => tree);
  const batches = packTrees(trees, options.batchTokens).map(({ batch, trees: placed }) => ({
    batch,
    documents: placed.flatMap(({ index: at, firstTarget }) =>
      groves[at].documents.map(({ requestTargets, ...document }) => ({
        ...document,
        requestTargets: requestTargets.map((targets) => targets.map((target) => firstTarget + target)),
      })),
    ),
  }));
  return {
    batches,
    seconds: { tokenize: 0, pack: (performance.now() - started) / 1000 },
  };
}

/** One tree of all requests, or several where they are many; or one a window. */
function plant({ encoded, rolling, place }: EncodedDocument, index: number, options: PrepareOptions): PlantedTree[] {
  const parts = rolling ? encoded.map((window) => [window]) : divide(encoded);
  let first = 0;
  return parts.map((requests, window) => {
    const tree = plantTree({ encoded: requests, place }, options);
    const tokens = requestTokens(requests, options);
    const planted = { index, window, windows: parts.length, tree, requestTokens: tokens, requests, place };
    if (rolling || parts.length === 1) return planted;
    // Each part has scores of its own requests, and nothing to add to those of the others.
    const requestTargets = encoded.map((): number[] => []);
    for (const targets of tree.requestTargets) requestTargets[first++] = targets;
    return { ...planted, tree: { ...tree, requestTargets } };
  });
}

/** Tokens that requests of one tree add to it, about: a tree takes memory by the square of its tokens. */
const largestTree = 4096;

/** Runs of requests whose tokens, shared contexts left out, are no more than a tree should have. */
function divide(requests: readonly EncodedRequest[]): EncodedRequest[][] {
  const parts: EncodedRequest[][] = [];
  let tokens = 0;
  let previous: EncodedRequest | undefined;
  for (const request of requests) {
    const isSame = previous && isSameContext(previous, request);
    const added = request.continuation.length + (isSame ? 0 : request.context.length);
    if (!previous || tokens + added > largestTree) {
      parts.push([]);
      tokens = 0;
    }
    parts.at(-1)!.push(request);
    tokens += added;
    previous = request;
  }
  return parts;
}

function isSameContext({ context: a }: EncodedRequest, { context: b }: EncodedRequest): boolean {
  return a.length === b.length && a.every((token, i) => token === b[i]);
}

function plantTree({ encoded, place }: EncodedDocument, options: PrepareOptions): TokenTree {
  const { vocabularySize } = options;
  const tree = buildTree(encoded, options, place);
  checkVocabulary(tree.ids, vocabularySize, place);
  checkVocabulary(tree.targets, vocabularySize, place);
  return tree;
}

function requestTokens(requests: readonly EncodedRequest[], { maxLength }: PrepareOptions): number {
  const lengths = requests.map(({ context, continuation }) => context.length + continuation.length - 1);
  return lengths.reduce((sum, length) => sum + Math.min(maxLength, length), 0);
}
