/** Processes that score side by side: one a device, or several that share a CPU's cores. */
import type { BackendInfo, BackendOptions, BatchScores } from '../../backend/backend.ts';
import type { Checkpoint } from '../../checkpoint/types.ts';
import { HonEvalError } from '../../errors.ts';
import { Child, ChildEnded } from '../../threads/child.ts';
import type { Errand, Scorer, ScoringAnswer, ScoringQuestion } from '../score/scoring_worker.ts';
import type { WorkerPlace } from './places.ts';

/** How often a process may end on the same batch, or while it loads the same model, before that is given up. */
const mostDeaths = 3;

/** What the processes compute with. */
export interface PoolOptions extends Pick<BackendOptions, 'dtype'> {
  backend: string;
  /** What results say of the device, and of its threads in all. */
  device: string;
  threads?: number;
  /** Once it is aborted, no batch is begun any more; those under way are finished. */
  signal?: AbortSignal;
  notice(message: string): void;
  /** The file that a process runs; the scoring thread's if left out. */
  script?: URL;
}

/** A model that is to be scored, and how many operations it has before it still, about. */
export interface PooledWork {
  checkpoint: Checkpoint;
  remaining(): number;
}

type Worker = Child<ScoringQuestion, ScoringAnswer>;
type Loaded = Extract<ScoringAnswer, { kind: 'loaded' }>;

/** A place for a process. It holds one model at a time, and is given one batch at a time. */
interface Slot {
  place: WorkerPlace;
  worker?: Worker;
  /** The model that it works on. */
  model?: PooledModel;
  /** The model that the process has loaded. */
  loaded?: PooledModel;
  busy: boolean;
  /** Bytes that a process here has held at most. */
  memory: number;
}

/**
 * Gives batches of the models that are open to its processes. A process stays with a model until that is closed, and then
 * goes to one that has none, or to the one that has most before it for each of its processes. One that ends is started again, and its batch
 * is scored again.
 */
export class WorkerPool {
  readonly #options: PoolOptions;
  readonly #slots: Slot[];
  readonly #open = new Set<PooledModel>();
  #models = 1;
  #isClosed = false;
  readonly #abort = () => this.#stop(this.#options.signal?.reason);

  constructor(places: readonly WorkerPlace[], options: PoolOptions) {
    this.#options = options;
    this.#slots = places.map((place) => ({ place, busy: false, memory: 0 }));
    options.signal?.addEventListener('abort', this.#abort, { once: true });
  }

  get size(): number {
    return this.#slots.length;
  }

  /** Models that are not closed, those that have yet to be opened among them: the processes are shared out among them. */
  get models(): number {
    return this.#models;
  }

  set models(count: number) {
    this.#models = Math.max(1, count);
    this.#dispatch();
  }

  /** Makes a model one of those that are scored, and waits until a process has loaded it. */
  async open(work: PooledWork): Promise<Scorer> {
    this.#options.signal?.throwIfAborted();
    const { device, threads } = this.#options;
    const model = new PooledModel(work, this.size, {
      describe: (info) => ({ ...info, device, threads: threads ?? info.threads }),
      memory: () => this.#slots.reduce((sum, { memory }) => sum + memory, 0),
      wake: () => this.#dispatch(),
      close: () => {
        this.#open.delete(model);
        this.#dispatch();
      },
    });
    this.#open.add(model);
    this.#dispatch();
    try {
      await model.ready;
      return model;
    } catch (error) {
      await model.close();
      throw error;
    }
  }

  /** Ends the processes. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#options.signal?.removeEventListener('abort', this.#abort);
    this.#stop(new Error('the workers were ended'));
    await Promise.all(this.#slots.map(({ worker }) => worker?.close()));
  }

  #stop(reason: unknown): void {
    for (const model of this.#open) model.fail(reason);
    this.#open.clear();
  }

  /** Gives every process that is free something to do, where there is something. */
  #dispatch(): void {
    for (const slot of this.#slots.filter(({ busy }) => !busy)) {
      slot.model = this.#modelFor(slot);
      const { model } = slot;
      if (!model) continue;
      const job = slot.loaded === model ? model.take() : undefined;
      if (job) void this.#occupy(slot, (worker) => this.#score(worker, slot, job, model));
      else if (slot.loaded !== model) void this.#occupy(slot, (worker) => this.#load(worker, slot, model));
    }
  }

  #modelFor({ model: own }: Slot): PooledModel | undefined {
    const workers = (model: PooledModel) => this.#slots.filter((slot) => slot.model === model).length;
    const open = [...this.#open];
    const left = open.find((model) => workers(model) === 0);
    if (own && this.#open.has(own) && !(left && workers(own) > 1)) return own;
    if (left) return left;
    const share = Math.ceil(this.size / Math.min(this.size, this.models));
    const need = (model: PooledModel) => model.remaining() / (workers(model) + 1);
    return open.filter((model) => workers(model) < share).toSorted((a, b) => need(b) - need(a))[0];
  }

  async #occupy(slot: Slot, work: (worker: Worker) => Promise<void>): Promise<void> {
    slot.busy = true;
    slot.worker ??= new Child(this.#options.script ?? new URL('../score/scoring_thread.ts', import.meta.url));
    await work(slot.worker);
    slot.busy = false;
    this.#dispatch();
  }

  async #load(worker: Worker, slot: Slot, model: PooledModel): Promise<void> {
    const { backend, dtype } = this.#options;
    const { config, tensors } = model.checkpoint;
    slot.loaded = undefined;
    try {
      const options = { ...slot.place, dtype };
      model.isLoaded((await worker.ask({ kind: 'load', backend, config, tensors, options })) as Loaded);
      slot.loaded = model;
    } catch (error) {
      const ended = this.#hasEnded(slot, error);
      if (ended) model.deaths++;
      if (!ended) model.fail(error);
      else if (model.deaths < mostDeaths) this.#tellOfEnd(slot, ended, model.checkpoint.name);
      else model.fail(givenUp(`it loaded ${model.checkpoint.name}`, slot, ended));
    }
  }

  async #score(worker: Worker, slot: Slot, job: Job, model: PooledModel): Promise<void> {
    try {
      const { scores, seconds, memory } = (await worker.ask({ kind: 'score', batch: job.batch })) as Extract<
        ScoringAnswer,
        { kind: 'scored' }
      >;
      slot.memory = Math.max(slot.memory, memory);
      job.resolve({ ...scores, seconds });
    } catch (error) {
      const ended = this.#hasEnded(slot, error);
      if (!ended) return job.reject(error);
      job.deaths++;
      if (job.deaths === mostDeaths) return job.reject(givenUp(`it scored ${job.documents}`, slot, ended));
      if (!model.putBack(job)) return;
      this.#tellOfEnd(slot, ended, job.documents);
    }
  }

  /** Whether an error says that the process is no more; then the place is free for another. */
  #hasEnded(slot: Slot, error: unknown): ChildEnded | undefined {
    if (!(error instanceof ChildEnded)) return undefined;
    slot.worker = undefined;
    slot.loaded = undefined;
    return error;
  }

  #tellOfEnd({ place }: Slot, { cause }: ChildEnded, what: string): void {
    if (!this.#isClosed && !this.#options.signal?.aborted)
      this.#options.notice(`A worker on ${place.device} has ended (${cause}); it is started again for ${what}.`);
  }
}

function givenUp(what: string, { place }: Slot, { cause }: ChildEnded): HonEvalError {
  return new HonEvalError(
    'worker',
    `A worker on ${place.device} has ended ${mostDeaths} times while ${what}, the last time by ${cause}; where the system ` +
      'ends processes that take too much memory, use fewer --workers or a smaller --batch-tokens.',
  );
}

interface Job extends Errand {
  resolve(scores: BatchScores & { seconds: number }): void;
  reject(error: unknown): void;
  /** How many processes have ended while they had it. */
  deaths: number;
}

interface Owner {
  describe(info: BackendInfo): BackendInfo;
  memory(): number;
  wake(): void;
  close(): void;
}

/** A model that the pool's processes score. */
class PooledModel implements Scorer {
  readonly checkpoint: Checkpoint;
  readonly width: number;
  readonly remaining: () => number;
  /** Once a process has loaded it. */
  readonly ready: Promise<void>;
  /** Processes that have ended while they loaded it. */
  deaths = 0;
  info!: BackendInfo;
  freeMemory?: number;
  readonly #owner: Owner;
  readonly #jobs: Job[] = [];
  readonly #loading = Promise.withResolvers<void>();
  #failure?: { reason: unknown };

  constructor({ checkpoint, remaining }: PooledWork, width: number, owner: Owner) {
    this.checkpoint = checkpoint;
    this.remaining = remaining;
    this.width = width;
    this.#owner = owner;
    this.ready = this.#loading.promise;
  }

  isLoaded({ info, freeMemory }: Loaded): void {
    if (this.info) return;
    this.info = this.#owner.describe(info);
    this.freeMemory = freeMemory;
    this.#loading.resolve();
  }

  score(errand: Errand): Promise<BatchScores & { seconds: number }> {
    return new Promise((resolve, reject) => {
      if (this.#failure) return reject(this.#failure.reason);
      this.#queue({ ...errand, resolve, reject, deaths: 0 });
      this.#owner.wake();
    });
  }

  memory(): number {
    return this.#owner.memory();
  }

  take(): Job | undefined {
    return this.#jobs.shift();
  }

  /** Queues a job again, unless the model has failed meanwhile: then the job has as well. */
  putBack(job: Job): boolean {
    if (this.#failure) job.reject(this.#failure.reason);
    else this.#jobs.unshift(job);
    return !this.#failure;
  }

  /** No batch of it is begun any more. */
  fail(reason: unknown): void {
    this.#failure ??= { reason };
    this.#loading.reject(reason);
    for (const job of this.#jobs.splice(0)) job.reject(reason);
  }

  async close(): Promise<void> {
    this.#owner.close();
  }

  /** Behind those of the same benchmark and of earlier ones, so that these are done first. */
  #queue(job: Job): void {
    this.#jobs.splice(this.#jobs.findLastIndex(({ order }) => order <= job.order) + 1, 0, job);
  }
}
