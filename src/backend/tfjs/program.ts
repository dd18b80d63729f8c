/**
 * A model as a list of steps. TensorFlow.js computes eagerly and frees nothing by itself, and a tidy around a whole
 * batch would hold every layer's activations; the list knows where a value is used for the last time.
 */
import type { Tensor, TensorFlow } from './tensorflow.ts';

/** What a step reads and makes. */
export interface Value {
  /** There from the time it is computed until nothing needs it any more. */
  tensor?: Tensor;
}

type Kernel = (...inputs: Tensor[]) => Tensor;

interface Step {
  kernel: Kernel;
  inputs: Value[];
  output: Value;
}

export class Program {
  readonly #tf: TensorFlow;
  readonly #steps: Step[] = [];
  readonly #kept = new Set<Value>();

  constructor(tf: TensorFlow) {
    this.#tf = tf;
  }

  /** A value that stays until `dispose`: a parameter or a constant. */
  keep(tensor?: Tensor): Value {
    const value = { tensor };
    this.#kept.add(value);
    return value;
  }

  /** A value that `kernel` makes of others; what it allocates beside its result is freed when it returns. */
  step(inputs: Value[], kernel: Kernel): Value {
    const output = {};
    this.#steps.push({ kernel, inputs, output });
    return output;
  }

  /**
   * What runs all steps added so far, and gives `outputs`, whose tensors are the caller's to dispose. `feeds` gives the
   * values that no step makes.
   */
  runner<K extends string>(outputs: Record<K, Value>): (feeds: () => Map<Value, Tensor>) => Record<K, Tensor> {
    const steps = this.#steps.map((step) => ({ ...step, last: [] as Value[] }));
    // Where each value dies; the outputs live on.
    const alive = new Set([...this.#kept, ...Object.values<Value>(outputs)]);
    for (const step of steps.toReversed()) {
      step.last = [...new Set([step.output, ...step.inputs])].filter((value) => !alive.has(value));
      for (const value of step.last) alive.add(value);
    }
    return (feeds) =>
      this.#tf.tidy(() => {
        for (const [value, tensor] of feeds()) value.tensor = tensor;
        for (const { kernel, inputs, output, last } of steps) {
          output.tensor = this.#tf.tidy(() => kernel(...inputs.map(({ tensor }) => tensor!)));
          for (const value of last) this.#free(value);
        }
        const entries = Object.entries<Value>(outputs).map(([name, { tensor }]) => [name, tensor]);
        return Object.fromEntries(entries) as Record<K, Tensor>;
      });
  }

  /** Frees what was kept. */
  dispose(): void {
    for (const value of this.#kept) this.#free(value);
  }

  #free(value: Value): void {
    value.tensor?.dispose();
    value.tensor = undefined;
  }
}
