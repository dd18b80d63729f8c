import type { GenerationRecord, RunRecord, TaskRecord } from '../../harness/record/run_record.ts';
import type { ScoredDocument } from '../../harness/record/scored.ts';
import type { OwnMetric } from '../../harness/task/task.ts';
import type { List } from '../../long_list.ts';
import { type Breakdown, breakDown } from '../../metrics/breakdown.ts';
import { evaluateSignals } from '../../metrics/evaluate.ts';
import { countBy } from '../../output/counts.ts';
import type { PythonObject } from '../../python/write_json.ts';
import { estimateBlock } from './benchmark_blocks.ts';

/** What lm-evaluation-harness's results lack: all that is needed to tell what ran, on what, and what it cost. */
export function honEvalBlock(record: RunRecord): PythonObject {
  const { model } = record;
  return {
    model: {
      name: model.name,
      source: { ...model.source },
      ...(model.adapter ? { adapter: { ...model.adapter } } : {}),
      architecture: model.architecture,
      hon: model.honSetting && { ...model.honSetting },
      parameters: model.parameters,
      ...(model.trainedTokens === undefined ? {} : { trained_tokens: model.trainedTokens }),
      weights_sha256: model.weightsDigest,
      tokenizer_sha256: model.tokenizerDigest,
      stored_dtypes: model.storedDtypes,
    },
    backend: { ...record.backend },
    versions: record.versions,
    command: record.command,
    started_at: record.startedAt.toISOString(),
    seconds: { ...record.stageSeconds, total: record.totalSeconds },
    memory_bytes: { ...record.memory },
    batch_tokens: record.batchTokens,
    choice_order: record.choiceOrder,
    ...(record.generation ? { generation: generationBlock(record.generation) } : {}),
    tasks: Object.fromEntries(record.tasks.map((scored) => [scored.task.name, taskBlock(scored)])),
  };
}

function generationBlock(generation: GenerationRecord): PythonObject {
  const { preset, promptStyle, stop, eos, seed, temperature, topP, topK, maxNewTokens } = generation;
  return {
    preset,
    prompt_style: promptStyle,
    temperature,
    top_p: topP,
    top_k: topK,
    max_new_tokens: maxNewTokens,
    stop: [...stop],
    eos_token_ids: [...eos],
    seed,
  };
}

/** Of those that are finished: results are written after every benchmark, and their documents may be on disk. */
const taskBlocks = new WeakMap<TaskRecord, PythonObject>();

function taskBlock(scored: TaskRecord): PythonObject {
  const block = taskBlocks.get(scored) ?? makeTaskBlock(scored);
  taskBlocks.set(scored, block);
  return block;
}

function makeTaskBlock(scored: TaskRecord): PythonObject {
  const { task, counts, provenance, documents } = scored;
  const breakdown = breakDown(scored);
  const signals = evaluateSignals(scored);
  return {
    data: provenance,
    ...(task.lmEvalName === undefined ? {} : { lm_eval_task: task.lmEvalName }),
    title: task.title,
    headline: task.headline,
    ...(task.confidential ? { confidential: true } : {}),
    ...(task.ownMetrics ? { metrics: Object.fromEntries(task.ownMetrics.map(describeOwn)) } : {}),
    documents: documents.length,
    ...workUnits(documents),
    trees: counts.trees,
    batches: counts.batches,
    tokens: counts.tokens,
    request_tokens: counts.requestTokens,
    truncated_documents: counts.truncatedDocuments,
    ...(signals.size > 0 ? { signals: estimateBlock(signals) } : {}),
    ...(breakdown.size > 0 ? { breakdown: breakdownBlock(breakdown) } : {}),
  };
}

/** What those who read results need to know of a metric that the task has brought. */
function describeOwn({ name, description, range, unit, aggregation = 'mean' }: OwnMetric): [string, PythonObject] {
  return [name, { description, range: range ? [...range] : null, unit: unit ?? null, aggregation }];
}

/** How many choices were scored; or texts written, and what became of them. */
function workUnits(documents: List<ScoredDocument>): PythonObject {
  let choices = 0;
  const samples: { outcome: string; finish: string }[] = [];
  for (const { scores, samples: written = [] } of documents) {
    choices += scores.length;
    for (const { verdict, finish } of written) samples.push({ outcome: verdict.outcome, finish });
  }
  if (samples.length === 0) return { choices };
  return {
    samples: samples.length,
    outcomes: countBy(samples, ({ outcome }) => outcome),
    finishes: countBy(samples, ({ finish }) => finish),
  };
}

/** By kind and category, in the form of the results of a benchmark. */
function breakdownBlock(breakdown: Breakdown): PythonObject {
  const kinds = [...breakdown].map(([kind, categories]) => {
    const blocks = [...categories].map(([name, estimates]) => [name, estimateBlock(estimates)]);
    return [kind, Object.fromEntries(blocks)];
  });
  return Object.fromEntries(kinds);
}
