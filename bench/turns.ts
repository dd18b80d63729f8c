/** Two sides that score the same documents, one after the other and by turns. */
import type { HonEvalScored, HonEvalTiming, Peer, Scored, Timing } from './peer.ts';
import { tell } from './setup.ts';

export interface TaskResult {
  task: string;
  documents: number;
  requests: number;
  /** Seconds of the other side on the documents of the search, by batch size; those that failed are missing. */
  search: Record<string, number>;
  batchSize: string;
  /** One a repeat. */
  baseline: Timing[];
  honEval: HonEvalTiming[];
  agreement: Agreement;
}

/** How far the two sides' log-likelihoods are from each other. */
export interface Agreement {
  largest: number;
  mean: number;
  /** Share of the documents whose most likely choice is the same. */
  sameChoices: number;
}

/** How far a log-likelihood may be off, by the tokens of its continuation. */
export interface Tolerance {
  request: number;
  token: number;
}

export interface Search {
  what: string;
  tasks: string[];
  batchSizes: string[];
  documents: number;
  warmUpDocuments: number;
}

/** What the other side answers. */
type Answer = Scored<Timing> | { outOfMemory: true };

/** Times every batch size on every task, in a process of its own: the large ones would show in the peak memory. */
export async function searchBatchSizes(start: () => Promise<Peer>, search: Search): Promise<TaskResult['search'][]> {
  const { tasks, batchSizes, documents, warmUpDocuments } = search;
  let peer = await start();
  const results: TaskResult['search'][] = [];
  for (const task of tasks) {
    const seconds: TaskResult['search'] = {};
    await peer.ask({ task, documents: warmUpDocuments, batchSize: batchSizes[0] });
    for (const batchSize of batchSizes) {
      tell(`${search.what} ${task}: batch size ${batchSize}`);
      try {
        const answer = await peer.ask<Answer>({ task, documents, batchSize });
        if ('timing' in answer) seconds[batchSize] = answer.timing.seconds;
        else tell(`${search.what} ${task}: no memory for batch size ${batchSize}`);
      } catch {
        tell(`${search.what} ${task}: batch size ${batchSize} failed, most likely for lack of memory`);
        peer = await start();
      }
    }
    if (Object.keys(seconds).length === 0) throw new Error(`${search.what} ${task}: none of the batch sizes works.`);
    results.push(seconds);
  }
  await peer.close();
  return results;
}

export interface Match {
  what: string;
  task: string;
  baseline: Peer;
  honEval: Peer;
  search: TaskResult['search'];
  documents: number;
  warmUpDocuments: number;
  repeats: number;
  tolerance: Tolerance;
}

/**
 * Both sides by turns, the other one at its best batch size.
 * @throws where a log-likelihood is off by more than the tolerance.
 */
export async function takeTurns(match: Match, afterTurn: () => Promise<void>): Promise<TaskResult> {
  const { what, task, honEval, search, documents, warmUpDocuments, repeats } = match;
  const fastestFirst = Object.keys(search).sort((a, b) => search[a] - search[b]);
  await askBaseline(match, warmUpDocuments, fastestFirst);
  await honEval.ask({ task, documents: warmUpDocuments });
  const turns: { theirs: Scored<Timing>; ours: HonEvalScored; agreement: Agreement }[] = [];
  for (let repeat = 1; repeat <= repeats; repeat++) {
    tell(`${what} ${task}: repeat ${repeat} of ${repeats}`);
    const theirs = await askBaseline(match, documents, fastestFirst);
    const ours = await honEval.ask<HonEvalScored>({ task, documents });
    turns.push({ theirs, ours, agreement: compareScores(`${what} ${task}`, theirs, ours, match.tolerance) });
    await afterTurn();
  }
  const [{ ours }] = turns;
  return {
    task,
    documents: ours.choices.length,
    requests: ours.logLikelihoods.length,
    search,
    batchSize: fastestFirst[0],
    baseline: turns.map((turn) => turn.theirs.timing),
    honEval: turns.map((turn) => turn.ours.timing),
    agreement: turns.map((turn) => turn.agreement).reduce((a, b) => (b.largest > a.largest ? b : a)),
  };
}

/** At the first of the batch sizes; one that longer documents leave no memory for is taken off the list. */
async function askBaseline(match: Match, documents: number, batchSizes: string[]): Promise<Scored<Timing>> {
  const { what, task, baseline } = match;
  while (batchSizes.length > 0) {
    const answer = await baseline.ask<Answer>({ task, documents, batchSize: batchSizes[0] });
    if ('timing' in answer) return answer;
    tell(`${what} ${task}: no memory for batch size ${batchSizes.shift()}`);
  }
  throw new Error(`${what} ${task}: there is no memory for any of the batch sizes.`);
}

function compareScores(what: string, theirs: Scored<Timing>, ours: HonEvalScored, tolerance: Tolerance): Agreement {
  const [a, b] = [theirs.logLikelihoods, ours.logLikelihoods];
  if (a.length !== b.length) throw new Error(`${what}: ${a.length} requests were scored, and ${b.length} by hon-eval.`);
  const differences = a.map((logLikelihood, i) => Math.abs(logLikelihood - b[i]));
  const allowed = (i: number) => tolerance.request + tolerance.token * ours.continuationTokens[i];
  const wrong = differences.findIndex((difference, i) => !(difference <= allowed(i)));
  if (wrong >= 0)
    throw new Error(`${what}, request ${wrong}: the log-likelihood is ${a[wrong]}, by hon-eval ${b[wrong]}.`);
  const [theirChoices, ourChoices] = [a, b].map((values) => mostLikely(values, ours.choices));
  return {
    largest: Math.max(...differences),
    mean: differences.reduce((x, y) => x + y, 0) / differences.length,
    sameChoices: ourChoices.filter((choice, d) => choice === theirChoices[d]).length / ourChoices.length,
  };
}

/** [documents] the choice of the largest value, by how many choices each document has. */
function mostLikely(values: number[], choices: number[]): number[] {
  let start = 0;
  return choices.map((count) => {
    const own = values.slice(start, start + count);
    start += count;
    return own.indexOf(Math.max(...own));
  });
}
