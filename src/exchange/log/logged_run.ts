import { honLabel } from '../../model/hon.ts';
import type { BenchmarkResults, ModelResults } from '../../results/model_results.ts';
import { trainingStep } from '../../training_step.ts';

/** What one results file says, as trackers of training runs take it. Texts may come from anywhere. */
export interface LoggedCheckpoint {
  /** The training run, or the model where its name has no step. */
  run: string;
  /** 0 where the model's name has none. */
  step: number;
  /** Seconds since 1970. */
  date: number;
  /** `arc_easy/acc`, `arc_easy/acc_stderr`; `tokens` where they are known. NaN and infinities are left out. */
  metrics: Record<string, number>;
  /** Of the checkpoint. */
  settings: Record<string, string>;
  /** The results file. */
  file: string;
}

/** Where curves of training runs are kept. */
export interface Tracker {
  /**
   * Sends checkpoints of one training run, in the order of their steps, to one run there, which is made where it is not
   * there yet. Throws a `network` or `output` error where that does not succeed; then it may be tried again.
   *
   * @param place an address, a folder or a project, as the user gave it
   */
  send(checkpoints: readonly LoggedCheckpoint[], place: string | undefined): Promise<void>;
  /** Throws a `usage` error for a place that cannot be one. */
  check?(place: string | undefined): void;
}

/** @param tokensPerStep In the place of what the results tell of their tokens. */
export function loggedCheckpoint(model: ModelResults, tokensPerStep?: number): LoggedCheckpoint {
  const place = trainingStep(model.ownName);
  const trained = place && tokensPerStep !== undefined ? place.step * tokensPerStep : model.trainedTokens;
  const tokens: [string, number][] = trained === null ? [] : [['tokens', trained]];
  const figures = [...model.benchmarks, ...model.groups].flatMap(figuresOf);
  return {
    run: place?.run ?? model.ownName,
    step: place?.step ?? 0,
    date: model.date ?? 0,
    metrics: Object.fromEntries([...tokens, ...figures].filter(([, value]) => Number.isFinite(value))),
    settings: {
      model: model.ownName,
      attention: honLabel(model.honSetting ?? undefined),
      ...(model.parameters === null ? {} : { parameters: String(model.parameters) }),
      ...(model.weights === null ? {} : { weights_sha256: model.weights }),
    },
    file: model.file,
  };
}

/** A filter is a part of the name: `gsm8k/exact_match/strict-match`. */
function figuresOf({ name, shots, figures }: BenchmarkResults): [string, number][] {
  const benchmark = shots ? `${name}/${shots}-shot` : name;
  return [...figures].flatMap(([metric, { value, stderr }]): [string, number][] => {
    const [short, ...filter] = metric.split(',');
    const key = (each: string) => [benchmark, each, ...filter].join('/');
    return [[key(short), value], ...(stderr === null ? [] : [[key(`${short}_stderr`), stderr] as [string, number]])];
  });
}
