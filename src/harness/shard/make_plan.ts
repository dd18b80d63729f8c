import { setImmediate } from 'node:timers/promises';
import { deviceKind } from '../../backend/index.ts';
import { weightsDigest } from '../../checkpoint/digest.ts';
import type { Tokenizer } from '../../checkpoint/tokenizer/tokenizer.ts';
import { flopCounter } from '../../model/cost.ts';
import type { Work } from '../../model/trace.ts';
import { settingsId } from '../journal/settings.ts';
import { type LoadedTask, loadTask } from '../load_task.ts';
import { chooseOptions, chooseTasks, type OpeningListener, openModel } from '../open_run.ts';
import { automaticBatchTokens } from '../score/batch_size.ts';
import { askedTasks } from '../score/chat.ts';
import { type RunOptions, scoringSettings } from '../score/model_scoring.ts';
import { type BatchPlace, digestOf, Parts, type Piece } from '../score/parts.ts';
import { possibleTasks } from '../score/possible_tasks.ts';
import { type PreparedBatch, prepare } from '../score/prepare_batches.ts';
import { type PrepareOptions, prepareOptions } from '../score/prepared.ts';
import { makeDocuments } from '../task/make_documents.ts';
import { versions } from '../versions.ts';
import type { Plan, PlannedOptions, PlannedUnit } from './plan.ts';
import { unitId } from './run_shard.ts';

/** Pieces that a plan is cut into, about: shares differ by one of them. */
const pieceCount = 4096;

/** Part of a row's columns that attention looks at, about: the mask leaves out what comes after. */
const visiblePart = 0.6;

export interface PlanOptions extends PlannedOptions, Pick<RunOptions, 'commits' | 'signal'> {
  /** How models are called, by their names. */
  labels: ReadonlyMap<string, string>;
  shards?: number;
  /** The command of the run that the plan is of. */
  command: string[];
}

/** What of a batch does not depend on the model's weights. */
interface PackedBatch extends Work {
  place: BatchPlace;
  documents: number;
  /** Whether the batch after it may be another's to score. */
  ends: boolean;
}

/** A batch that is to be scored. */
type PlannedBatch = Pick<PackedBatch, 'place' | 'documents' | 'ends'> & { cost: number };

/** Plans a run: reads all of it but the weights' numbers, and computes nothing. */
export async function makePlan(options: PlanOptions, listener: OpeningListener): Promise<Plan> {
  const run: RunOptions = { ...options, journalFolder: () => '' };
  const chosen = await chooseOptions(run, listener);
  const loaded: LoadedTask[] = [];
  for (const task of await chooseTasks(run)) loaded.push(await loadTask(task, makeDocuments, run, listener));
  const models: Plan['models'] = [];
  const packed: { unit: PlannedUnit; batches: PlannedBatch[] }[] = [];
  let fixed = options.batchTokens;
  const kind = await deviceKind(chosen);
  // Checkpoints of one training run have the same batches.
  const shapes = new Map<string, Promise<PackedBatch[]>>();
  for (const name of options.models) {
    const model = await openModel(name, run, listener);
    const { source } = model.checkpoint;
    const weights = await weightsDigest(model.checkpoint);
    const commit = source.kind === 'hub' && !name.includes('+') ? source.commit : null;
    models.push({ name, label: options.labels.get(name) ?? name, commit, weights });
    const batchTokens = fixed ?? automaticBatchTokens({ kind, dtype: chosen.dtype }, model.checkpoint.config);
    // On a GPU it would depend on each machine's memory, and with it what a batch is.
    if (kind !== 'cpu') fixed = batchTokens;
    const settings = await scoringSettings(model, weights, { ...chosen, batchTokens: fixed });
    const asked = await askedTasks(model, loaded, run);
    for (const task of await possibleTasks(model, asked.tasks, run, listener)) {
      const parts = Parts.from(task);
      const id = unitId(settingsId(settings), task.task.name, digestOf(parts.all));
      const unit = { id, model: name, task: task.task.name, documents: task.documents.length, pieces: [] };
      const prepared = prepareOptions(model.config, batchTokens);
      const key = JSON.stringify([task.task.name, digestOf(parts.all), model.tokenizer.key, prepared]);
      const packing = shapes.get(key) ?? packParts(parts, model.tokenizer, prepared, options.signal);
      shapes.set(key, packing);
      const flops = flopCounter(model.checkpoint.config);
      packed.push({ unit, batches: (await packing).map((batch) => ({ ...batch, cost: flops(batch) })) });
    }
  }
  const total = packed.flatMap(({ batches }) => batches).reduce((sum, { cost }) => sum + cost, 0);
  const { labels: _labels, signal: _signal, commits: _commits, shards = null, command, ...planned } = options;
  const { backend, device } = chosen;
  return {
    format: 1,
    version: versions().honEval,
    begun: new Date().toISOString(),
    shards,
    offline: false,
    options: JSON.parse(JSON.stringify({ ...planned, backend, device, batchTokens: fixed })),
    command,
    models,
    units: packed.map(({ unit, batches }) => ({ ...unit, pieces: cut(batches, total / pieceCount) })),
  };
}

async function packParts(
  parts: Parts,
  tokenizer: Tokenizer,
  options: PrepareOptions,
  signal?: AbortSignal,
): Promise<PackedBatch[]> {
  const packed: PackedBatch[] = [];
  for (const { start, length } of parts.all) {
    await setImmediate();
    signal?.throwIfAborted();
    const { batches } = prepare(tokenizer, parts.asked.slice(start, start + length), options);
    const spans = [...spansOf(batches).values()];
    for (const [i, { batch }] of batches.entries()) {
      const { rows, columns, headRows, trunk } = batch;
      const visible = visiblePart * columns + (trunk?.length ?? 0);
      packed.push({
        place: { part: start, batch: i },
        documents: spans.filter(({ last }) => last === i).length,
        ends: !spans.some(({ first, last }) => first <= i && i < last),
        tokens: rows * columns,
        visible,
        predicting: headRows.length,
      });
    }
  }
  return packed;
}

/** By document, the first and the last of the batches that it is in: a large one is in several. */
function spansOf(batches: readonly PreparedBatch[]): Map<number, { first: number; last: number }> {
  const spans = new Map<number, { first: number; last: number }>();
  for (const [i, { documents }] of batches.entries())
    for (const { index } of documents) {
      const span = spans.get(index);
      spans.set(index, { first: span?.first ?? i, last: i });
    }
  return spans;
}

/** Batches in runs that cost about as much as is given, or more where one alone does. */
function cut(batches: readonly PlannedBatch[], cost: number): (Piece & { cost: number })[] {
  const pieces: (Piece & { cost: number })[] = [];
  let open: (Piece & { cost: number }) | undefined;
  batches.forEach((batch, i) => {
    const to = batches[i + 1]?.place ?? { part: batch.place.part, batch: batch.place.batch + 1 };
    open = open
      ? { ...open, to, documents: open.documents + batch.documents, cost: open.cost + batch.cost }
      : { from: batch.place, to, documents: batch.documents, cost: batch.cost };
    if (batch.ends && (open.cost >= cost || i === batches.length - 1)) {
      pieces.push(open);
      open = undefined;
    }
  });
  return pieces;
}
