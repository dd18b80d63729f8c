import { eagerly } from '../../harness/ahead.ts';
import type { RunStep } from '../../harness/open_run.ts';
import { journalFolder } from '../paths.ts';
import { findWritten, prepareOutput, type RunFiles, writeRun } from './write_run.ts';

/** A model of a run: where it is, and what it is called in results. */
export interface NamedModel {
  name: string;
  place: string;
}

/** Where the results and journals of a run go. */
export class RunOutput {
  readonly #models: readonly NamedModel[];
  readonly #output: string;
  readonly #reveal: boolean;

  /**
   * @param output a folder, or a file that ends in `.json`
   * @param reveal whether the rows of confidential tasks are written in clear text
   */
  constructor(models: readonly NamedModel[], output: string, reveal: boolean) {
    this.#models = models;
    this.#output = output;
    this.#reveal = reveal;
  }

  /** For `CommonOptions`. */
  journalFolder(place: string): string {
    return journalFolder(this.#output, this.#nameOf(place));
  }

  /** Throws an `output` error where it cannot be written to. */
  async prepare(): Promise<void> {
    for (const { name } of this.#models) await prepareOutput(this.#output, name);
  }

  /**
   * Writes each model's results as far as they have come, while the run goes on, and gives those of a model once it is done.
   * @param begin Begins the run, which ends once the signal is aborted: where results cannot be written, too.
   */
  async *write(
    begin: (signal: AbortSignal) => AsyncGenerator<RunStep>,
    signal?: AbortSignal,
  ): AsyncGenerator<RunFiles> {
    const stopping = new AbortController();
    const steps = begin(AbortSignal.any([stopping.signal, ...(signal ? [signal] : [])]));
    // Of each model that is being run.
    const hashes = new Map<string, Map<string, string>>();
    for await (const { record, changed, last } of eagerly(steps, (reason) => stopping.abort(reason))) {
      const place = record.model.name;
      const labelled = { ...record, model: { ...record.model, name: this.#nameOf(place) } };
      const taskHashes = hashes.get(place) ?? new Map<string, string>();
      hashes.set(place, taskHashes);
      const known = changed ? undefined : await findWritten(labelled, this.#output);
      const written = known ?? (await writeRun(labelled, this.#output, { reveal: this.#reveal, taskHashes }));
      if (last) yield written;
    }
  }

  /** What was written in the order of the models, which may have been done in another. */
  inOrder(written: readonly RunFiles[]): RunFiles[] {
    const place = ({ record }: RunFiles) => this.#models.findIndex(({ name }) => name === record.model.name);
    return written.toSorted((a, b) => place(a) - place(b));
  }

  #nameOf(place: string): string {
    return this.#models.find((model) => model.place === place)!.name;
  }
}
