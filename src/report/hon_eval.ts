import type { RunRecord, TaskRecord } from '../harness/run_record.ts';
import { type Breakdown, breakDown } from '../metrics/breakdown.ts';
import type { PythonObject } from './python_format.ts';
import { estimateBlock } from './task_results.ts';

/** What lm-evaluation-harness's results lack: all that is needed to tell what ran, on what, and what it cost. */
export function honEvalBlock(record: RunRecord): PythonObject {
  const { model } = record;
  return {
    model: {
      name: model.name,
      source: { ...model.source },
      architecture: model.architecture,
      hon: model.honSetting && { ...model.honSetting },
      parameters: model.parameters,
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
    tasks: Object.fromEntries(record.tasks.map((scored) => [scored.task.name, taskBlock(scored)])),
  };
}

function taskBlock(scored: TaskRecord): PythonObject {
  const { task, counts, provenance, documents } = scored;
  const breakdown = breakDown(scored);
  return {
    data: provenance,
    ...(task.lmEvalName === undefined ? {} : { lm_eval_task: task.lmEvalName }),
    headline: task.headline,
    documents: documents.length,
    choices: documents.reduce((total, document) => total + document.scores.length, 0),
    trees: counts.trees,
    batches: counts.batches,
    tokens: counts.tokens,
    request_tokens: counts.requestTokens,
    truncated_documents: counts.truncatedDocuments,
    ...(breakdown.size > 0 ? { breakdown: breakdownBlock(breakdown) } : {}),
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
