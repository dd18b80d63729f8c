import { argmax, choiceLengths } from '../../metrics/accuracy.ts';
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

/** The choice that a metric takes: the most likely one, per character or byte where the metric says so. */
export function chosenIndex(logLikelihoods: readonly number[], choices: readonly string[], metric: string): number {
  const [name] = metric.split(',');
  const length = name in choiceLengths ? choiceLengths[name as keyof typeof choiceLengths] : choiceLengths.acc;
  return argmax(logLikelihoods.map((value, i) => value / length(choices[i])));
}

/** Whether a benchmark's questions must not stand in clear text where a crawler may find them: GPQA asks for it. */
export function isConfidential(benchmark: string): boolean {
  return /gpqa/i.test(benchmark);
}
