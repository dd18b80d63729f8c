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
  /** Values that no later step reads. */
  last: Value[];
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
    this.#steps.push({ kernel, inputs, output, last: [] });
    return output;
  }

  /** Finds where each value dies; `outputs` live on. To be called once, after the last step was added. */
  finish(outputs: Iterable<Value>): void {
    const alive = new Set([...this.#kept, ...outputs]);
    for (const step of this.#steps.toReversed()) {
      step.last = [...new Set([step.output, ...step.inputs])].filter((value) => !alive.has(value));
      for (const value of step.last) alive.add(value);
    }
  }

  /** Runs all steps; `feeds` gives the values that no step makes. The outputs' tensors are the caller's to dispose. */
  run<K extends string>(feeds: () => Map<Value, Tensor>, outputs: Record<K, Value>): Record<K, Tensor> {
    return this.#tf.tidy(() => {
      for (const [value, tensor] of feeds()) value.tensor = tensor;
      for (const { kernel, inputs, output, last } of this.#steps) {
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
