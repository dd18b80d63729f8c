import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { writeWhole } from '../../output/pending_files.ts';

/** What has become of a results file: a hidden file beside it, so that what could not be sent is known later. */
export interface Ledger {
  /** By tracker, as the user named it: whether it has the results. */
  sent: Record<string, boolean>;
  tokensPerStep?: number;
}

/** An empty one where there is none, or one that does not parse: at worst results are sent once more. */
export async function readLedger(resultsFile: string): Promise<Ledger> {
  try {
    const { sent, tokensPerStep } = JSON.parse(await readFile(ledgerFile(resultsFile), 'utf8'));
    return { sent: { ...sent }, tokensPerStep };
  } catch {
    return { sent: {} };
  }
}

export async function writeLedger(resultsFile: string, ledger: Ledger): Promise<void> {
  await writeWhole(ledgerFile(resultsFile), [`${JSON.stringify(ledger)}\n`]);
}

function ledgerFile(resultsFile: string): string {
  return path.join(path.dirname(resultsFile), `.${path.basename(resultsFile)}.sent`);
}
