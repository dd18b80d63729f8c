/** What an attention is made from, in the order in which a setting of Higher-Order Attention lists them. */
export const roles = ['q', 'k', 'v'] as const;
export type Role = (typeof roles)[number];

/** What projections an inner attention has: those of its layer, its own, or none (arXiv:2512.03377, Eq. 7 to 12). */
export const innerKinds = ['shared', 'separate', 'self'] as const;
