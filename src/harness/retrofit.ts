import { findParameter } from '../backend/backend.ts';
import { openCheckpoint } from '../checkpoint/open.ts';
import { writeRetrofit } from '../checkpoint/retrofit.ts';
import { elementCount } from '../checkpoint/safetensors/header.ts';
import { HonEvalError } from '../errors.ts';
import type { DownloadProgress } from '../hub/types.ts';
import { type HonSetting, honLabel } from '../model/hon.ts';
import { describeModel } from '../model/index.ts';
import { parameterShapes } from '../model/trace.ts';

export interface RetrofitOptions {
  /** A standard checkpoint: a folder or `owner/name@revision`. */
  model: string;
  hon: HonSetting;
  /** Decides the added weights. */
  seed: number;
  /** A folder that does not exist or is empty. */
  output: string;
  signal?: AbortSignal;
}

export interface RetrofitProgress {
  notice(message: string): void;
  download(progress: DownloadProgress): void;
  /** Bytes of weights written. */
  written(done: number, total: number): void;
}

/** What a retrofit made. */
export interface RetrofitSummary {
  folder: string;
  architecture: string;
  hon: HonSetting;
  /** As the paper's tables name the setting. */
  label: string;
  /** Numbers in all parameters. */
  parameters: number;
  /** Those of them that the base has not. */
  added: number;
}

/**
 * Gives a standard checkpoint Higher-Order Attention (section 4.4): its weights stay as the outer projections, and for
 * `separate` there are random inner ones beside them.
 * @throws HonEvalError for whatever the user can mend.
 */
export async function retrofit(options: RetrofitOptions, progress: RetrofitProgress): Promise<RetrofitSummary> {
  const { model, hon, seed, output, signal } = options;
  const { notice: onNotice, download: onProgress } = progress;
  const base = await openCheckpoint(model, { onNotice, onProgress, signal });
  const { architecture, hon: present } = describeModel(base.config);
  if (present && present.order > 1)
    throw new HonEvalError(
      'checkpoint',
      `The model ${model} has Higher-Order Attention already: ${honLabel(present)}.`,
    );
  if ([...base.tensors.values()].some((info) => 'computed' in info))
    throw new HonEvalError(
      'checkpoint',
      `The model ${model} is quantised or has an adapter; retrofit one whose own weights are in safetensors files.`,
    );
  const kept = parameterShapes({ ...base.config, hon: null });
  for (const [name, shape] of kept) findParameter(base.tensors, name, shape);
  const shapes = parameterShapes({ ...base.config, hon: { ...hon } });
  const added = new Map([...shapes].filter(([name]) => !kept.has(name)));
  await writeRetrofit(
    { base, architecture, hon: { ...hon }, added, seed, output },
    { progress: progress.written, signal },
  );
  return {
    folder: output,
    architecture,
    hon,
    label: honLabel(hon),
    parameters: countNumbers(shapes),
    added: countNumbers(added),
  };
}

function countNumbers(shapes: ReadonlyMap<string, readonly number[]>): number {
  return [...shapes.values()].reduce((sum, shape) => sum + elementCount(shape), 0);
}
