import { availableParallelism } from 'node:os';
import type { Device } from '../../backend/backend.ts';
import { deviceKind } from '../../backend/index.ts';
import { type Chosen, chooseOptions, type ModelOptions, type OpeningListener } from '../open_run.ts';
import { namedDevice, placesOf, type WorkerOptions } from './places.ts';
import { WorkerPool } from './pool.ts';
import { sideBySide } from './side_by_side.ts';

/** What a run is worked off by. */
export interface Workers<O extends ModelOptions> {
  /** With a backend that is there, and a signal that `stop` aborts as well. */
  options: Chosen<O>;
  kind: Device['kind'];
  /** Left out where this process does the work itself. */
  pool?: WorkerPool;
  /** What `work` gives of models: of as many at a time as there are processes, and `ahead` more. */
  sideBySide<I, T>(models: readonly I[], ahead: number, work: (model: I) => AsyncGenerator<T>): AsyncGenerator<T>;
  close(): Promise<void>;
}

/** Chooses a backend and makes room for the processes that options ask for; they start with their first model. */
export async function openWorkers<O extends ModelOptions & WorkerOptions>(
  options: O,
  listener: Pick<OpeningListener, 'notice'>,
): Promise<Workers<O>> {
  const { devices, threads = availableParallelism() } = options;
  const device = (devices !== undefined && namedDevice(devices)) || options.device;
  const stopping = new AbortController();
  const signal = AbortSignal.any([stopping.signal, ...(options.signal ? [options.signal] : [])]);
  const chosen = await chooseOptions({ ...options, device, signal }, listener);
  const places = await placesOf(chosen);
  const kind = await deviceKind(chosen);
  const pool =
    places.length > 0
      ? new WorkerPool(places, {
          ...chosen,
          device: [...new Set(places.map((place) => place.device))].join(),
          threads: kind === 'javascript' ? undefined : threads,
          notice: listener.notice,
        })
      : undefined;
  return {
    options: chosen,
    kind,
    pool,
    sideBySide(models, ahead, work) {
      let left = models.length;
      async function* counted(model: (typeof models)[number]) {
        if (pool) pool.models = left;
        try {
          yield* work(model);
        } finally {
          left--;
          if (pool) pool.models = left;
        }
      }
      return sideBySide(models, ahead + (pool?.size ?? 1), counted, (reason) => stopping.abort(reason));
    },
    close: async () => pool?.close(),
  };
}
