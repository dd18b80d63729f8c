import { HonEvalError } from '../../errors.ts';
import type { Tracker } from './logged_run.ts';
import { mlflow } from './mlflow.ts';
import { pythonTracker } from './python_tracker.ts';
import { tensorboard } from './tensorboard.ts';

export const trackerNames = ['tensorboard', 'mlflow', 'wandb', 'trackio'] as const;
export type TrackerName = (typeof trackerNames)[number];

export const trackers: Readonly<Record<TrackerName, Tracker>> = {
  tensorboard,
  mlflow,
  wandb: pythonTracker('wandb'),
  trackio: pythonTracker('trackio'),
};

/** Splits `NAME` or `NAME=PLACE`. Throws a `usage` error. */
export function parseTracker(text: string): { name: TrackerName; place: string | undefined } {
  const [given, ...rest] = text.split('=');
  const name = trackerNames.find((each) => each === given);
  const place = rest.length > 0 ? rest.join('=') : undefined;
  if (name && place !== '') {
    trackers[name].check?.(place);
    return { name, place };
  }
  throw new HonEvalError('usage', `Expected one of ${trackerNames.join(', ')}, or NAME=PLACE, got "${text}".`);
}
