import { choiceLengths } from '../../metrics/accuracy.ts';
import { factsOf } from '../../metrics/facts.ts';
import type { Sample } from './samples.ts';

/** What a sample asked, taken apart. */
export interface AskedChoices {
  /** What all choices continue; empty where each has a context of its own. */
  context: string;
  /** Without the delimiter that joins them to the context; empty where the model was asked for text. */
  choices: string[];
  /** Index of the right choice; null where the sample does not tell, and for texts that are no alternatives. */
  gold: number | null;
}

/** @param delimiter what joins a choice to the context in the benchmark's requests */
export function askedChoices(sample: Sample, delimiter: string): AskedChoices {
  const { requests, logLikelihoods } = sample;
  const target = hasAlternatives(sample) ? sample.target : '';
  const [[context] = ['']] = requests;
  if (!logLikelihoods) return { context, choices: [], gold: null };
  if (requests.some(([other]) => other !== context)) {
    const choices = requests.map(([own, continuation]) => own + continuation);
    return { context: '', choices, gold: goldIndex(target, choices) };
  }
  const choices = requests.map(([, text]) => (text.startsWith(delimiter) ? text.slice(delimiter.length) : text));
  return { context, choices, gold: goldIndex(target, choices) };
}

/** Whether the model chose between the texts, which the metrics tell. */
export function hasAlternatives({ metrics }: Sample): boolean {
  return metrics.some((metric) => factsOf(metric)?.comparesChoices);
}

function goldIndex(target: string, choices: readonly string[]): number | null {
  const index = /^\d+$/.test(target) ? Number(target) : choices.indexOf(target);
  return index >= 0 && index < choices.length ? index : null;
}

/**
 * What a metric compares the choices by: as the sample has it, else the log-likelihoods, per character or byte where the
 * metric says so, or less those without the question. null where the model did not choose, or where lengths of texts are needed that the file has hashes of.
 */
export function decidingScores(sample: Sample, choices: readonly string[], metric: string): number[] | null {
  const { logLikelihoods, unconditional, choiceScores, hashed } = sample;
  const [name] = metric.split(',');
  const own = choiceScores.get(name);
  if (own?.length === choices.length) return own;
  if (!logLikelihoods || !hasAlternatives(sample)) return null;
  if (name === 'acc_mutual_info' && unconditional) return logLikelihoods.map((value, i) => value - unconditional[i]);
  if (!isLength(name)) return logLikelihoods;
  if (hashed && name !== 'acc') return null;
  return logLikelihoods.map((value, i) => value / choiceLengths[name](choices[i]));
}

function isLength(name: string): name is keyof typeof choiceLengths {
  return Object.hasOwn(choiceLengths, name);
}
