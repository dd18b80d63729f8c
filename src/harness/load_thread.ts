import type { BackendInfo, BackendOptions } from '../backend/backend.ts';
import type { Checkpoint } from '../checkpoint/types.ts';
import { Thread } from '../threads/thread.ts';

/** The first question to a thread that holds a model. */
export interface LoadQuestion extends Pick<Checkpoint, 'config' | 'tensors'> {
  kind: 'load';
  backend: string;
  options: BackendOptions;
}

/** Its answer, with what else the thread tells of the model. */
export interface Loaded {
  kind: 'loaded';
  info: BackendInfo;
}

/**
 * Starts a thread and loads the checkpoint's weights in it. Where `signal` is aborted meanwhile, that fails with its
 * reason; later questions are answered all the same, so that what is under way can be kept.
 * @param script The file that the thread runs, as `Thread` takes it.
 */
export async function loadThread<Q, A extends { kind: string }>(
  script: URL,
  { config, tensors }: Checkpoint,
  backend: string,
  { device, dtype, threads }: BackendOptions,
  signal?: AbortSignal,
): Promise<{ thread: Thread<Q | LoadQuestion, A>; loaded: Extract<A, Loaded> }> {
  const thread = new Thread<Q | LoadQuestion, A>(script, signal);
  try {
    const options = { device, dtype, threads };
    const loaded = await thread.ask({ kind: 'load', backend, config, tensors, options });
    thread.detach();
    return { thread, loaded: loaded as Extract<A, Loaded> };
  } catch (error) {
    await thread.close();
    throw error;
  }
}
