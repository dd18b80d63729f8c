import { HonEvalError } from '../../errors.ts';
import { firstPosition, type LongSequences } from '../../model/rotary.ts';
import type { EncodedRequest } from './request.ts';

/**
 * One document as a trie over its requests, in depth-first preorder: tokens that requests share are there once. The
 * last token of a continuation is only ever a target and is not a node.
 */
export interface TokenTree {
  /** [n] token ids. */
  ids: number[];
  /** [n] position for the model: depth of the token, from where its sequence's positions are counted. */
  positions: number[];
  /** [n] index after the token's subtree: token i sees token j where `j <= i && i < ends[j]`. */
  ends: number[];
  /** Nodes that predict a target, ascending. */
  heads: number[];
  /** [t] index into `heads`. */
  targetHeads: number[];
  /** [t] token ids. */
  targets: number[];
  /** For each request, the targets that its log-likelihood is the sum of. */
  requestTargets: number[][];
  /** Tokens at the front of the longest request that the model's window left out. */
  truncated: number;
}

/** What of a sequence a model is fed. */
export interface Window {
  /** Tokens that the model can be fed at once. */
  maxLength: number;
  /** Tokens before the first one of every sequence, which the model has read; 0 if left out. */
  trunk?: number;
  /** Sequences that are not told from others by what they begin with, and grow apart from them. */
  long?: LongSequences;
}

/** A node while the trie grows. */
interface Branch {
  children: Map<number, Branch>;
  /** The token whose probability is asked for here → index of that target. */
  targets: Map<number, number>;
}

/**
 * Builds the tree of one document's requests. Where a request does not fit, its oldest tokens are left out as
 * lm-evaluation-harness does, `(context + continuation)[-(maxLength + 1):]`; trunks that differ then grow side by side.
 * @param place File and row, for messages.
 * @throws `dataset` where a continuation alone is longer than the model's window.
 */
export function buildTree(
  requests: readonly EncodedRequest[],
  { maxLength, long, trunk = 0 }: Window,
  place: string,
): TokenTree {
  /** By the position that they begin at. */
  const roots = new Map<number, Branch>();
  let targetCount = 0;
  let truncated = 0;
  const requestTargets = requests.map(({ context, continuation }) => {
    if (continuation.length > maxLength)
      throw new HonEvalError(
        'dataset',
        `${place}: a choice of ${continuation.length} tokens does not fit into the model's window of ${maxLength}.`,
      );
    const dropped = Math.max(0, context.length + continuation.length - maxLength - 1);
    truncated = Math.max(truncated, dropped);
    const first = trunk + firstPosition(long, context.length + continuation.length - 1 - dropped);
    let branch = roots.get(first) ?? newBranch();
    roots.set(first, branch);
    for (let i = dropped; i < context.length; i++) branch = descend(branch, context[i]);
    return continuation.map((token, i) => {
      if (!branch.targets.has(token)) branch.targets.set(token, targetCount++);
      const target = branch.targets.get(token)!;
      if (i < continuation.length - 1) branch = descend(branch, token);
      return target;
    });
  });
  return { ...layOut(roots, targetCount), requestTargets, truncated };
}

function newBranch(): Branch {
  return { children: new Map(), targets: new Map() };
}

function descend(branch: Branch, token: number): Branch {
  let child = branch.children.get(token);
  if (!child) {
    child = newBranch();
    branch.children.set(token, child);
  }
  return child;
}

/** Numbers the nodes in depth-first preorder, children in the order they were met. */
function layOut(
  roots: ReadonlyMap<number, Branch>,
  targetCount: number,
): Omit<TokenTree, 'requestTargets' | 'truncated'> {
  const ids: number[] = [];
  const positions: number[] = [];
  const ends: number[] = [];
  const heads: number[] = [];
  const targetHeads = new Array<number>(targetCount);
  const targets = new Array<number>(targetCount);
  // An explicit stack: a context of thousands of tokens is a path as deep. An entry without a branch closes a node.
  const stack: { branch?: Branch; token: number; node: number; depth: number }[] = [];
  const push = (branch: Branch, depth: number) => {
    for (const [token, child] of [...branch.children].reverse()) stack.push({ branch: child, token, node: -1, depth });
  };
  for (const [first, root] of [...roots].reverse()) push(root, first);
  for (let entry = stack.pop(); entry; entry = stack.pop()) {
    if (!entry.branch) {
      ends[entry.node] = ids.length;
      continue;
    }
    const node = ids.length;
    ids.push(entry.token);
    positions.push(entry.depth);
    ends.push(0);
    if (entry.branch.targets.size) heads.push(node);
    for (const [token, target] of entry.branch.targets) {
      targetHeads[target] = heads.length - 1;
      targets[target] = token;
    }
    stack.push({ token: 0, node, depth: entry.depth });
    push(entry.branch, entry.depth + 1);
  }
  return { ids, positions, ends, heads, targetHeads, targets };
}
