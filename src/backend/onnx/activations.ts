import { type Activation, laplace } from '../../model/activations.ts';
import type { Graph, Value } from './graph.ts';

/** @param number A constant of the type that `x` has. */
type Nodes = (g: Graph, x: Value, number: (value: number) => Value) => Value;

const unary =
  (operator: string): Nodes =>
  (g, x) =>
    g.node(operator, [x]);
const gelu: Nodes = (g, x) => g.node('Gelu', [x], { approximate: 'none' });

export const activations: Record<Activation, Nodes> = {
  gelu,
  gelu_10: (g, x, number) => g.node('Clip', [gelu(g, x, number), number(-10), number(10)]),
  gelu_tanh: (g, x) => g.node('Gelu', [x], { approximate: 'tanh' }),
  quick_gelu: (g, x, number) => g.node('Mul', [x, g.node('Sigmoid', [g.node('Mul', [x, number(1.702)])])]),
  silu: (g, x) => g.node('Mul', [x, g.node('Sigmoid', [x])]),
  relu: unary('Relu'),
  relu2: (g, x) => {
    const positive = g.node('Relu', [x]);
    return g.node('Mul', [positive, positive]);
  },
  relu6: (g, x, number) => g.node('Clip', [x, number(0), number(6)]),
  leaky_relu: (g, x) => g.node('LeakyRelu', [x], { alpha: { float: 0.01 } }),
  hardswish: unary('HardSwish'),
  mish: (g, x) => g.node('Mul', [x, g.node('Tanh', [g.node('Softplus', [x])])]),
  sigmoid: unary('Sigmoid'),
  tanh: unary('Tanh'),
  laplace: (g, x, number) => {
    const scaled = g.node('Mul', [g.node('Sub', [x, number(laplace.mean)]), number(Math.SQRT1_2 / laplace.deviation)]);
    return g.node('Mul', [g.node('Add', [g.node('Erf', [scaled]), number(1)]), number(0.5)]);
  },
  sqrtsoftplus: (g, x) => g.node('Sqrt', [g.node('Softplus', [x])]),
  linear: unary('Identity'),
};
