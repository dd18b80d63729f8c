/** Checkpoints of a training run, as trainers name them. */

/** A checkpoint's place in its training run. */
export interface TrainingStep {
  /** What the run is called: the name without the step. */
  run: string;
  step: number;
}

/**
 * Ends of a name that tell a step: `@step1000` of Pythia and OLMo (`@stage1-step1000-tokens5B`), `checkpoint-1000` of
 * transformers' Trainer, `iter_0001000` of Megatron, `global_step1000` of GPT-NeoX and DeepSpeed, `step_1000`, and the bare
 * number of nanotron's folders.
 */
const names =
  /^(?:.*[-_.])?(?:global_?step|step|checkpoint|ckpt|iter(?:ation)?)[-_=]?(\d+)(?:[-_.]?(?:hf|tokens[\w.]*|unsharded))?$/i;

/** The step that a folder's or a revision's own name tells; undefined where it tells none. */
export function stepOf(name: string): number | undefined {
  const [, digits] = names.exec(name) ?? /^(\d+)$/.exec(name) ?? [];
  return digits === undefined ? undefined : Number(digits);
}

/** Run and step of a checkpoint by what the user calls it: `owner/name@step1000`, `runs/exp1/checkpoint-1000`. */
export function trainingStep(name: string): TrainingStep | undefined {
  const path = name.replace(/[/\\]+$/, '');
  const cut = Math.max(path.lastIndexOf('@'), path.lastIndexOf('/'), path.lastIndexOf('\\'));
  const step = cut > 0 ? stepOf(path.slice(cut + 1)) : undefined;
  return step === undefined ? undefined : { run: path.slice(0, cut), step };
}
