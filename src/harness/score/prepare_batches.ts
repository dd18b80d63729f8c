import type { Batch } from '../../backend/backend.ts';
import { checkVocabulary, type Tokenizer } from '../../checkpoint/tokenizer/tokenizer.ts';
import { packTrees } from '../tree/pack.ts';
import type { EncodedRequest } from '../tree/request.ts';
import { buildTree, type TokenTree } from '../tree/tree.ts';
import { type AskedDocument, encodeRequests, encodeRolling, encodeTrunk } from './encode.ts';
import type { PreparedDocument, PrepareOptions } from './prepared.ts';
import { type PlantedTree, shareTrunks } from './share_trunks.ts';
import { tokenTexts } from './token_texts.ts';
import { followsTrunk, leastTrunk } from './trunk.ts';

/** One document's requests, in tokens. */
export interface EncodedDocument {
  encoded: EncodedRequest[];
  /** Whether they are windows of one text, of which each is a tree of its own. */
  rolling?: boolean;
  /** Tokens that it begins with as others do; equal ones are one array. */
  trunk?: { ids: readonly number[]; isFirst: boolean };
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
  const encoded = encodeAll(tokenizer, documents, options);
  const tokenize = (performance.now() - started) / 1000;
  const { batches, seconds } = prepareEncoded(encoded, options);
  if (options.tokens) for (const { documents: placed } of batches) addTexts(placed, encoded, tokenizer);
  return { batches, seconds: { ...seconds, tokenize } };
}

function addTexts(placed: PreparedDocument[], documents: readonly EncodedDocument[], tokenizer: Tokenizer): void {
  for (const document of placed) {
    const { encoded, rolling } = documents[document.index];
    const requests = rolling ? [encoded[document.window]] : encoded;
    // Other trees have the other requests.
    document.requestTexts = document.requestTargets.map((targets, i) =>
      targets.length > 0 ? tokenTexts(tokenizer, requests[i]) : [],
    );
  }
}

/** Throws as `prepare` where a document cannot be scored. */
export function checkDocument(tokenizer: Tokenizer, document: AskedDocument, options: PrepareOptions): void {
  plant(encode(tokenizer, document, options), 0, options);
}

function encodeAll(
  tokenizer: Tokenizer,
  documents: readonly AskedDocument[],
  options: PrepareOptions,
): EncodedDocument[] {
  const trunks = new Map<string, number[]>();
  return documents.map((document) => {
    const encoded = encode(tokenizer, document, options);
    if (!document.trunk) return encoded;
    const { text, isFirst } = document.trunk;
    const ids = trunks.get(text) ?? encodeTrunk(tokenizer, text);
    trunks.set(text, ids);
    return ids.length < leastTrunk ? encoded : { ...encoded, trunk: { ids, isFirst } };
  });
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
  const groups = Map.groupBy(planted, ({ trunk }) => trunk);
  const batches = [...groups].flatMap(([trunk, trees]) => packGroup(trees, trunk, options));
  return {
    batches,
    seconds: { tokenize: 0, pack: (performance.now() - started) / 1000 },
  };
}

/** Batches of trees that follow the same trunk. */
function packGroup(
  planted: readonly PlantedTree[],
  trunk: readonly number[] = [],
  options: PrepareOptions,
): PreparedBatch[] {
  const groves = shareTrunks(planted, { ...options, trunk: trunk.length });
  const trees = groves.map(({ tree }) => tree);
  return packTrees(trees, options.batchTokens, trunk).map(({ batch, trees: placed }) => ({
    batch,
    documents: placed.flatMap(({ index: at, firstTarget }) =>
      groves[at].documents.map(({ requestTargets, ...document }) => ({
        ...document,
        requestTargets: requestTargets.map((targets) => targets.map((target) => firstTarget + target)),
      })),
    ),
  }));
}

/** Requests of a document, by their indices, that are a tree. */
interface TreePart {
  requests: number[];
  trunk?: readonly number[];
}

/** One tree of all requests, or several where they are many or only some follow the trunk; or one a window. */
function plant(document: EncodedDocument, index: number, options: PrepareOptions): PlantedTree[] {
  const { encoded, rolling, place, trunk } = document;
  const parts = partsOf(document, options);
  let trunkTokens = trunk?.isFirst ? trunk.ids.length : 0;
  return parts.map((part, window) => {
    const before = part.trunk?.length ?? 0;
    const whole = part.requests.map((i) => encoded[i]);
    const requests = whole.map((request) => ({ ...request, context: request.context.slice(before) }));
    const tree = plantTree({ encoded: requests, place }, { ...options, trunk: before });
    const counts = { requestTokens: requestTokens(whole, options), trunkTokens: part.trunk ? trunkTokens : 0 };
    if (part.trunk) trunkTokens = 0;
    const planted = { index, window, windows: parts.length, tree, ...counts, requests, place, trunk: part.trunk };
    if (rolling || parts.length === 1) return planted;
    // Each part has scores of its own requests, and nothing to add to those of the others.
    const requestTargets = encoded.map((): number[] => []);
    part.requests.forEach((request, i) => {
      requestTargets[request] = tree.requestTargets[i];
    });
    return { ...planted, tree: { ...tree, requestTargets } };
  });
}

function partsOf({ encoded, rolling, trunk }: EncodedDocument, options: PrepareOptions): TreePart[] {
  if (rolling) return encoded.map((_, i) => ({ requests: [i] }));
  const follows = (i: number) => trunk !== undefined && followsTrunk(encoded[i], trunk.ids, options);
  const { true: after = [], false: others = [] } = Object.groupBy(encoded.keys(), (i) => `${follows(i)}`);
  return [
    ...divide(after, encoded).map((requests) => ({ requests, trunk: trunk?.ids })),
    ...divide(others, encoded).map((requests) => ({ requests })),
  ];
}

/** Tokens that requests of one tree add to it, about: a tree takes memory by the square of its tokens. */
const largestTree = 4096;

/** Runs of `indices` of requests whose tokens, shared contexts left out, are no more than a tree should have. */
function divide(indices: readonly number[], requests: readonly EncodedRequest[]): number[][] {
  const parts: number[][] = [];
  let tokens = 0;
  let previous: EncodedRequest | undefined;
  for (const index of indices) {
    const request = requests[index];
    const isSame = previous && isSameContext(previous, request);
    const added = request.continuation.length + (isSame ? 0 : request.context.length);
    if (!previous || tokens + added > largestTree) {
      parts.push([]);
      tokens = 0;
    }
    parts.at(-1)!.push(index);
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
