import { type TrainingStep, trainingStep } from '../training_step.ts';
import type { ModelResults } from './model_results.ts';

/** The checkpoints of one training run, in the order of their steps. */
export interface TrainingRun {
  name: string;
  checkpoints: Checkpoint[];
}

export interface Checkpoint {
  step: number;
  /** That it was trained on; null where neither the user nor its results tell. */
  tokens: number | null;
  model: ModelResults;
}

/**
 * The training runs that some models are checkpoints of, in the order in which they first come.
 * @param tokensPerStep in the place of what results tell of their tokens
 */
export function trainingRuns(models: readonly ModelResults[], tokensPerStep?: number): TrainingRun[] {
  const tokensOf = (step: number, { trainedTokens }: ModelResults) =>
    tokensPerStep === undefined ? (trainedTokens ?? (step === 0 ? 0 : null)) : step * tokensPerStep;
  const placed = models.flatMap((model) => {
    const place = stepOf(model);
    return place ? [{ ...place, model }] : [];
  });
  return [...Map.groupBy(placed, ({ run }) => run)].map(([name, checkpoints]) => ({
    name,
    checkpoints: checkpoints
      .map(({ step, model }) => ({ step, tokens: tokensOf(step, model), model }))
      .sort((a, b) => a.step - b.step),
  }));
}

/** A label has a step of its own, or takes the run's place where the model's own name has one. */
function stepOf({ name, ownName }: ModelResults): TrainingStep | undefined {
  const own = trainingStep(ownName);
  return trainingStep(name) ?? (own && { run: name, step: own.step });
}
