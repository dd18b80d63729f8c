/** Documents that stand side by side and begin alike in one tree: what they share is computed once. */

import type { EncodedRequest } from '../tree/request.ts';
import { buildTree, type TokenTree } from '../tree/tree.ts';
import type { PreparedDocument, PrepareOptions } from './prepared.ts';
import { leastTrunk } from './trunk.ts';

/** A document, or a window of one, with a tree of its own. */
export interface PlantedTree extends Pick<PreparedDocument, 'index' | 'window' | 'windows' | 'requestTokens'> {
  tree: TokenTree;
  /** Without the trunk's tokens. */
  requests: EncodedRequest[];
  /** Ids that the tree follows. */
  trunk?: readonly number[];
  /** Tokens fed to the model for it, of the trunk, beside the tree's own. */
  trunkTokens: number;
  /** File and row, for messages. */
  place: string;
}

/** One tree with the documents that are scored on it. */
export interface Grove {
  tree: TokenTree;
  documents: PreparedDocument[];
}

/** A row is attended to as a whole: beyond this many trunks, that costs more than another trunk. */
const trunksPerRow = 3;

/**
 * Puts documents that stand side by side and share most of their tokens into common trees, up to rows of three trunks or
 * two batches. The tree's mask keeps them apart, so that each one's scores are what they are alone.
 */
export function shareTrunks(planted: readonly PlantedTree[], options: PrepareOptions): Grove[] {
  const groups: { trees: PlantedTree[]; trunk: number; size: number }[] = [];
  for (const next of planted) {
    const group = groups.at(-1);
    const trunk = group && isShareable(next, options) ? Math.min(group.trunk, sharedLength(group.trees[0], next)) : 0;
    const added = next.tree.ids.length - trunk;
    const limit = Math.min(trunksPerRow * trunk, 2 * options.batchTokens);
    if (group && trunk >= leastTrunk && added <= trunk && group.size + added <= limit) {
      group.trees.push(next);
      group.size += added;
      group.trunk = trunk;
    } else {
      const own = isShareable(next, options) ? next.requests[0].context.length : 0;
      groups.push({ trees: [next], trunk: own, size: next.tree.ids.length });
    }
  }
  return groups.map(({ trees }) => grow(trees, options));
}

/** Windows of a text share nothing; what lost tokens begins elsewhere; and long sequences have other positions. */
function isShareable({ windows, tree }: PlantedTree, { long }: PrepareOptions): boolean {
  return windows === 1 && tree.truncated === 0 && !long;
}

/** Tokens at the front of both documents' first contexts that are the same. */
function sharedLength({ requests: [a] }: PlantedTree, { requests: [b] }: PlantedTree): number {
  const most = Math.min(a.context.length, b.context.length);
  let length = 0;
  while (length < most && a.context[length] === b.context[length]) length++;
  return length;
}

function grow(group: readonly PlantedTree[], options: PrepareOptions): Grove {
  const [first] = group;
  const requests = group.flatMap((planted) => planted.requests);
  const tree = group.length === 1 ? first.tree : buildTree(requests, options, first.place);
  const sharedTokens = group.reduce((sum, planted) => sum + planted.tree.ids.length, 0) - tree.ids.length;
  const others = group.length - 1;
  let request = 0;
  const documents = group.map(({ index, window, windows, requestTokens, trunkTokens, tree: own }, i) => {
    const requestTargets = tree.requestTargets.slice(request, request + own.requestTargets.length);
    request += own.requestTargets.length;
    // What is shared was fed with the first one.
    const saved = i === 0 ? 0 : Math.floor((sharedTokens * i) / others) - Math.floor((sharedTokens * (i - 1)) / others);
    const tokens = trunkTokens + own.ids.length - saved;
    return { index, window, windows, requestTokens, requestTargets, truncated: own.truncated, tokens };
  });
  return { tree, documents };
}
