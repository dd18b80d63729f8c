/** What an observer of a model's attentions takes from them. */
import type { JsonObject } from '../json.ts';
import type { AttentionCall, Role } from './hon.ts';
import { buildModel } from './index.ts';
import type { Ops, TreeBatch } from './ops.ts';

/** One attention of a model, as outputs of `buildAttentionScores` are named after it. */
export interface AttentionPlace {
  layer: number;
  path: AttentionCall['path'];
}

/**
 * `Ops.attentionScores` of every attention of a model, outer and inner: [heads, N, N] each, by the names that
 * `attentionPlace` reads.
 */
export function buildAttentionScores<T>(ops: Ops<T>, config: JsonObject): (batch: TreeBatch<T>) => Record<string, T> {
  const model = buildModel(ops, config);
  return (batch) => {
    const outputs: Record<string, T> = {};
    model.score(batch, (layer, { path }, { q, k, heads }) => {
      outputs[outputName({ layer, path })] = ops.attentionScores(q, k, heads);
    });
    return outputs;
  };
}

function outputName({ layer, path }: AttentionPlace): string {
  return [layer, ...path.map((roles) => roles.join(''))].join('.');
}

/** Which attention an output of `buildAttentionScores` is of. */
export function attentionPlace(name: string): AttentionPlace {
  const [layer, ...path] = name.split('.');
  return { layer: Number(layer), path: path.map((roles) => [...roles] as Role[]) };
}
