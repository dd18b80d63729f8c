/** Checkpoints of a training run, as trainers name them. */

/** A checkpoint's place in its training run. */
export interface TrainingStep {
  /** What the run is called: the name without the step, `owner/name@stage1` of `owner/name@stage1-step1000-tokens5B`. */
  run: string;
  step: number;
}

/**
 * Ends of a name that tell a step: `@step1000` of Pythia and OLMo (`@stage1-step1000-tokens5B`), `checkpoint-1000` of
 * transformers' Trainer, `iter_0001000` of Megatron, `global_step1000` of GPT-NeoX and DeepSpeed, `step_1000`, and the bare
 * number of nanotron's folders.
 */
const names =
  /^(?:(.*?)[-_.])??(?:global_?step|step|checkpoint|ckpt|iter(?:ation)?)[-_=]?(\d+)(?:[-_.]?(?:hf|tokens[\w.]*|unsharded))?$/i;

/** The step that a folder's or a revision's own name tells; undefined where it tells none. */
export function stepOf(name: string): number | undefined {
  return taken(name)?.step;
}

/** Run and step of a checkpoint by what the user calls it: `owner/name@step1000`, `runs/exp1/checkpoint-1000`. */
export function trainingStep(name: string): TrainingStep | undefined {
  const path = name.replace(/[/\\]+$/, '');
  const cut = Math.max(path.lastIndexOf('@'), path.lastIndexOf('/'), path.lastIndexOf('\\'));
  const found = cut > 0 ? taken(path.slice(cut + 1)) : undefined;
  return found && { run: path.slice(0, found.rest ? cut + 1 : cut) + found.rest, step: found.step };
}

/** The step of a name, and what stands before it; an epoch goes with the step. */
function taken(name: string): { rest: string; step: number } | undefined {
  const [, rest = '', digits] = names.exec(name) ?? /^()(\d+)$/.exec(name) ?? [];
  if (digits === undefined) return undefined;
  return { rest: rest.replace(/(?:^|[-_.])epoch[-_=]?\d+$/i, ''), step: Number(digits) };
}
