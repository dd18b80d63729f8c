/** Functions on single numbers that a feed-forward layer may have. */

/** `Ops.activation` by name; transformers' activations.py has the same. */
export const activations = [
  'gelu',
  'gelu_10',
  'gelu_tanh',
  'quick_gelu',
  'silu',
  'relu',
  'relu2',
  'relu6',
  'leaky_relu',
  'hardswish',
  'mish',
  'sigmoid',
  'tanh',
  'laplace',
  'sqrtsoftplus',
  'linear',
] as const;
export type Activation = (typeof activations)[number];

/** Other names that config.json has for them. */
const aliases: Record<string, Activation> = {
  gelu_python: 'gelu',
  gelu_new: 'gelu_tanh',
  gelu_fast: 'gelu_tanh',
  gelu_accurate: 'gelu_tanh',
  gelu_pytorch_tanh: 'gelu_tanh',
  gelu_python_tanh: 'gelu_tanh',
  swish: 'silu',
};

/** transformers' names; `prelu` and `xielu` have parameters of their own and are not among them. */
export const activationNames = [...activations.filter((name) => name !== 'gelu_tanh'), ...Object.keys(aliases)];

/** The activation that transformers calls `name`. */
export function activationOf(name: string): Activation {
  return aliases[name] ?? (name as Activation);
}

/** √(2/π), as in the approximation of `gelu_tanh`: x/2·(1 + tanh(√(2/π)·(x + 0.044715·x³))). */
export const geluScale = Math.sqrt(2 / Math.PI);
/** `laplace` is (1 + erf((x - mean) / (deviation·√2)))/2, in the digits that transformers has. */
// biome-ignore lint/suspicious/noApproximativeNumericConstant: it is not √½ there either.
export const laplace = { mean: 0.707107, deviation: 0.282095 };
