/**
 * Higher-Order Attention, arXiv:2512.03377: queries, keys and values that are themselves outputs of attention.
 */
import type { HonSetting } from './hon_schema.ts';
import type { Role } from './roles.ts';

export type { HonSetting, Role };

/** Linear projections X → queries, keys and values of one attention; `inner` are those of `separate`, one level down. */
export interface Projections<T> extends Record<Role, (x: T) => T> {
  inner?: Partial<Record<Role, Projections<T>>>;
}

/** Adds the inner projections that `separate` asks for; `build` makes those of a role, for one order less. */
export function withInner<T>(
  projections: Record<Role, (x: T) => T>,
  hon: HonSetting | undefined,
  build: (role: Role, lower: HonSetting) => Projections<T>,
): Projections<T> {
  if (hon?.inner !== 'separate' || hon.order === 1) return projections;
  const lower = { ...hon, order: hon.order - 1 };
  return { ...projections, inner: Object.fromEntries(hon.projections.map((role) => [role, build(role, lower)])) };
}

/** Which of a layer's attentions a call is. */
export interface AttentionCall {
  /**
   * From the outer attention down, the projections that the next one refines: [] is the outer one, [[q]] the one that
   * its queries are made from, [[q], [k]] the one that the keys of that are made from. With `shared` one attention is
   * for all of them: [[q, k]].
   */
  path: readonly (readonly Role[])[];
  /** What queries, keys and values all are, where they are one projection: its heads are then those of the call. */
  self?: Role;
}

/**
 * Causal attention per head, heads concatenated, no output projection. Rotary embedding goes on the queries and keys
 * of every call, inner and outer alike, and never on values.
 */
export type Attend<T> = (q: T, k: T, v: T, call: AttentionCall) => T;

/**
 * Attention of order m over `x` [N, d], before the output projection: [N, H·dh]. Without a setting it is the standard
 * layer (Eq. 1).
 */
export function higherOrderAttention<T>(
  hon: HonSetting | undefined,
  projections: Projections<T>,
  attend: Attend<T>,
  x: T,
): T {
  if (hon?.inner === 'shared') return sharedAttention(hon, projections, attend, x);
  if (hon?.inner === 'self') return selfAttention(hon, projections, attend, x);
  return nestedAttention(projections, attend, x);
}

/**
 * `shared` (Eq. 12): p_m = A_{m-1}·Wp. All refined projections read the same inner attention, so the recursion that the
 * paper counts as 2^m calls (Eq. 13) is a chain of m.
 */
function sharedAttention<T>(hon: HonSetting, projections: Projections<T>, attend: Attend<T>, x: T): T {
  const linear = { q: projections.q(x), k: projections.k(x), v: projections.v(x) };
  const place = (order: number) => ({ path: repeat(hon.projections, hon.order - order) });
  let attention = attend(linear.q, linear.k, linear.v, place(1));
  for (let order = 2; order <= hon.order; order++) {
    const lower = attention;
    const refined = (role: Role) => (hon.projections.includes(role) ? projections[role](lower) : linear[role]);
    attention = attend(refined('q'), refined('k'), refined('v'), place(order));
  }
  return attention;
}

/** `separate` (Table 2, section 4.4): each refined projection has an inner attention of its own, nested by order. */
function nestedAttention<T>(projections: Projections<T>, attend: Attend<T>, x: T, path: AttentionCall['path'] = []): T {
  const refined = (role: Role) => {
    const inner = projections.inner?.[role];
    return projections[role](inner ? nestedAttention(inner, attend, x, [...path, [role]]) : x);
  };
  return attend(refined('q'), refined('k'), refined('v'), { path });
}

/** `self` (Eq. 7-8 as written): p_m = Attn(p_{m-1}, p_{m-1}, p_{m-1}) per head, without further projections. */
function selfAttention<T>(hon: HonSetting, projections: Projections<T>, attend: Attend<T>, x: T): T {
  const refined = (role: Role) => {
    let p = projections[role](x);
    if (!hon.projections.includes(role)) return p;
    for (let order = 2; order <= hon.order; order++)
      p = attend(p, p, p, { path: repeat([role], hon.order - order + 1), self: role });
    return p;
  };
  return attend(refined('q'), refined('k'), refined('v'), { path: [] });
}

function repeat<E>(element: E, times: number): E[] {
  return new Array<E>(times).fill(element);
}

/** The paper's name of a setting, as its tables print it, or a description where the paper has no name for it. */
export function honLabel(hon: HonSetting | undefined): string {
  if (!hon || hon.order === 1) return 'standard';
  const names = hon.projections.map((role) => role.toUpperCase()).join('');
  if (hon.order === 2 && hon.inner === 'separate') return `Hon-${names}`;
  if (hon.order === 2 && hon.inner === 'shared') return `Hon-${names}-Shared`;
  if (hon.order === 3 && hon.inner === 'shared' && names === 'QK') return 'Hon-Recursive';
  return `Hon-${names}, order ${hon.order}, ${hon.inner}`;
}
