import path from 'node:path';
import { HonEvalError, reason } from '../../errors.ts';
import { findResults } from '../../results/read/find.ts';
import { readModel } from '../../results/read/read.ts';
import { type Ledger, readLedger, writeLedger } from './ledger.ts';
import { type LoggedCheckpoint, loggedCheckpoint } from './logged_run.ts';
import { parseTracker, trackers } from './tracker.ts';

export interface LogOptions {
  /** Trackers, `NAME` or `NAME=PLACE`, beside those that the results were to be sent to before. */
  to: readonly string[];
  /** Kept for later, as the trackers are. */
  tokensPerStep?: number;
}

export interface LogSummary {
  /** Results files that trackers have taken now. */
  sent: { tracker: string; files: string[] }[];
  /** Sentences on those that could not be sent. */
  failures: string[];
}

interface PendingResults {
  file: string;
  ledger: Ledger;
  checkpoint: LoggedCheckpoint;
}

/**
 * Sends results to the trackers that do not have them yet. An outage is no error: what could not be sent is said, and
 * stays to be sent. Throws a `usage` error for a tracker that there is not, a `results` error for what cannot be read.
 *
 * @param places results files, and folders of them
 */
export async function logResults(places: readonly string[], options: LogOptions): Promise<LogSummary> {
  for (const tracker of options.to) parseTracker(tracker);
  const files = (await Promise.all(places.map(findResults))).flat().map(({ file }) => file);
  const results = await Promise.all([...new Set(files)].map((file) => open(file, options)));
  const summary: LogSummary = { sent: [], failures: [] };
  for (const tracker of new Set(results.flatMap(({ ledger }) => Object.keys(ledger.sent)))) {
    const pending = results.filter(({ ledger }) => ledger.sent[tracker] === false);
    const runs = Map.groupBy(pending, ({ checkpoint }) => checkpoint.run);
    for (const [run, members] of runs) {
      const failure = await trySend(tracker, members);
      if (failure) summary.failures.push(`${run} was not sent to ${tracker}: ${failure}`);
      else summary.sent.push({ tracker, files: members.map(({ file }) => file) });
    }
  }
  return summary;
}

/**
 * Sends results as they are written. Whatever goes wrong is a notice: no tracker costs a score. Throws a `usage` error for
 * a tracker that there is not.
 */
export function sender(options: LogOptions, notice: (message: string) => void): (file: string) => Promise<void> {
  for (const tracker of options.to) parseTracker(tracker);
  return async (file) => {
    if (options.to.length === 0) return;
    try {
      const { failures } = await logResults([file], options);
      for (const failure of failures) notice(`${failure} It stays to be sent: hon-eval log ${path.dirname(file)}`);
    } catch (error) {
      notice(`${file} was not sent: ${reason(error)}`);
    }
  };
}

/** A results file, with what is to be sent noted beside it first. */
async function open(file: string, { to, tokensPerStep }: LogOptions): Promise<PendingResults> {
  const known = await readLedger(file);
  const wanted = Object.fromEntries(to.map((tracker) => [tracker, false]));
  const ledger = { sent: { ...wanted, ...known.sent }, tokensPerStep: tokensPerStep ?? known.tokensPerStep };
  await writeLedger(file, ledger);
  const { model } = await readModel(file);
  return { file, ledger, checkpoint: loggedCheckpoint(model, ledger.tokensPerStep) };
}

/** Why it could not be sent; null where it was. */
async function trySend(tracker: string, results: readonly PendingResults[]): Promise<string | null> {
  const { name, place } = parseTracker(tracker);
  try {
    const inOrder = results.map(({ checkpoint }) => checkpoint).toSorted((a, b) => a.step - b.step);
    await trackers[name].send(inOrder, place);
  } catch (error) {
    if (error instanceof HonEvalError && error.kind !== 'usage') return reason(error);
    throw error;
  }
  for (const { file, ledger } of results) {
    ledger.sent[tracker] = true;
    await writeLedger(file, ledger);
  }
  return null;
}
