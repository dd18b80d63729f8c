/** Queries, keys and values by weights of their own, as most architectures have them, or by one for all three. */
import type { ModelConfig } from './architecture.ts';
import { type HonSetting, type Projections, withInner } from './hon.ts';
import { type Layer, type LinearOptions, linear, rowRange } from './layers.ts';
import type { Ops } from './ops.ts';
import type { Role } from './roles.ts';

export interface ProjectionOptions<T> {
  bias: boolean;
  /**
   * A norm of queries and one of keys, `heads` of them side by side: a part of what projects them. `name` is
   * `<attention>.q` or `<attention>.k`, and what the norm's own name begins with.
   */
  norm?(name: string, heads: number): Layer<T>;
}

/**
 * `<name>.q_proj`, `k_proj` and `v_proj`, and norms where queries and keys are normed; the inner ones of `separate` are
 * named `<name>.hon.<role>.…`.
 */
export function separateProjections<T>(
  ops: Ops<T>,
  config: ModelConfig,
  name: string,
  options: ProjectionOptions<T>,
  hon: HonSetting | undefined = config.hon,
): Projections<T> {
  const { hiddenSize, heads, keyHeads, headSize } = config;
  const project = (role: Role, count: number) => {
    const layer = linear(ops, `${name}.${role}_proj`, count * headSize, hiddenSize, { bias: options.bias });
    const norm = role === 'v' ? undefined : options.norm?.(`${name}.${role}`, count);
    return norm ? (x: T) => norm(layer(x)) : layer;
  };
  const projections = { q: project('q', heads), k: project('k', keyHeads), v: project('v', keyHeads) };
  return withInner(projections, hon, (role, lower) =>
    separateProjections(ops, config, `${name}.hon.${role}`, options, lower),
  );
}

/**
 * By the layer called `weight` of `<name>`, which has all rows of q, then of k, then of v; the inner ones of `separate` are
 * those of `<name>.hon.<role>`.
 */
export function fusedProjections<T>(
  ops: Ops<T>,
  config: ModelConfig,
  name: string,
  weight: string,
  options: Omit<LinearOptions, 'rows'>,
  hon: HonSetting | undefined = config.hon,
): Projections<T> {
  const { hiddenSize, heads, keyHeads, headSize } = config;
  const [queries, keys] = [heads * headSize, keyHeads * headSize];
  const part = (from: number, count: number) =>
    linear(ops, `${name}.${weight}`, queries + 2 * keys, hiddenSize, { ...options, rows: rowRange(from, count) });
  const projections = { q: part(0, queries), k: part(queries, keys), v: part(queries + keys, keys) };
  return withInner(projections, hon, (role, lower) =>
    fusedProjections(ops, config, `${name}.hon.${role}`, weight, options, lower),
  );
}
