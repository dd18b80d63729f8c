import type { RunRecord, TaskRecord } from '../../src/harness/record/run_record.ts';
import type { ScoredDocument } from '../../src/harness/record/scored.ts';
import type { Task } from '../../src/harness/task/task.ts';

/** Two documents with a tiny random model's scores, and the lines that lm-evaluation-harness 0.4.13 wrote of them. */
export const documents: ScoredDocument[] = [
  scored(
    {
      id: 1,
      question: "Quelle couleur a l'été ?",
      options: ['doré', 'bleu été', 'x'],
      answer: 1,
      extra: { weight: 0.15000000000000002, ok: false, tags: [] },
    },
    [-32.819427490234375, -32.54680633544922, -10.776280403137207],
  ),
  scored(
    {
      id: 2,
      question: 'What does "rouge" mean?\tSay it.',
      options: ['red 🟥', 'green', 'sky\\blue'],
      answer: 0,
      extra: { weight: 0.25, ok: true, tags: [] },
    },
    [-43.1782341003418, -10.608695983886719, -32.21208190917969],
  ),
];

export const lmEvalLines = [
  String.raw`{"doc_id": 1, "doc": {"id": 1, "question": "Quelle couleur a l'été ?", "options": ["doré", "bleu été", "x"], "answer": 1, "extra": {"weight": 0.15000000000000002, "ok": false, "tags": []}}, "target": "1", "arguments": {"gen_args_0": {"arg_0": "Question: Quelle couleur a l'été ?\nAnswer:", "arg_1": " doré"}, "gen_args_1": {"arg_0": "Question: Quelle couleur a l'été ?\nAnswer:", "arg_1": " bleu été"}, "gen_args_2": {"arg_0": "Question: Quelle couleur a l'été ?\nAnswer:", "arg_1": " x"}}, "resps": [[["-32.819427490234375", "False"]], [["-32.54680633544922", "False"]], [["-10.776280403137207", "False"]]], "filtered_resps": [["-32.819427490234375", "False"], ["-32.54680633544922", "False"], ["-10.776280403137207", "False"]], "filter": "none", "metrics": ["acc", "acc_norm", "acc_bytes"], "doc_hash": "a8439a2cb4275e6787265c9b27f07fc8c988d28c050b2ff2575a1a871b8166f3", "prompt_hash": "6b9c37f5c19c29fc05420960504bf6af202be418962a1e83b57018ab7e2d7e1c", "target_hash": "6b86b273ff34fce19d6b804eff5a3f5747ada4eaa22f1d49c01e52ddb7875b4b", "acc": 0.0, "acc_norm": 1.0, "acc_bytes": 1.0}`,
  String.raw`{"doc_id": 2, "doc": {"id": 2, "question": "What does \"rouge\" mean?\tSay it.", "options": ["red 🟥", "green", "sky\\blue"], "answer": 0, "extra": {"weight": 0.25, "ok": true, "tags": []}}, "target": "0", "arguments": {"gen_args_0": {"arg_0": "Question: What does \"rouge\" mean?\tSay it.\nAnswer:", "arg_1": " red 🟥"}, "gen_args_1": {"arg_0": "Question: What does \"rouge\" mean?\tSay it.\nAnswer:", "arg_1": " green"}, "gen_args_2": {"arg_0": "Question: What does \"rouge\" mean?\tSay it.\nAnswer:", "arg_1": " sky\\blue"}}, "resps": [[["-43.1782341003418", "False"]], [["-10.608695983886719", "False"]], [["-32.21208190917969", "False"]]], "filtered_resps": [["-43.1782341003418", "False"], ["-10.608695983886719", "False"], ["-32.21208190917969", "False"]], "filter": "none", "metrics": ["acc", "acc_norm", "acc_bytes"], "doc_hash": "940e692d5e27dbb7e15c038d508a1c60577c9612e636b11ed35d15336e305d36", "prompt_hash": "8f824c7b75c5e5cc41c9a14f86d8e3451d64c6e9ad0faef5a63e0f0bfa67b31a", "target_hash": "5feceb66ffc86f38d952786c6d696c79c2dbc239dd4e91b46729d73a27fb57e9", "acc": 0.0, "acc_norm": 0.0, "acc_bytes": 0.0}`,
];

interface ExampleRow {
  id: number;
  question: string;
  options: string[];
  answer: number;
  extra: { weight: number; ok: boolean; tags: [] };
}

function scored(row: ExampleRow, logLikelihoods: number[]): ScoredDocument {
  const context = `Question: ${row.question}\nAnswer:`;
  return {
    document: {
      index: row.id,
      place: `row ${row.id}`,
      doc: { ...row },
      context,
      choices: row.options,
      gold: row.answer,
    },
    requests: row.options.map((option) => [context, ` ${option}`]),
    scores: logLikelihoods.map((logLikelihood, i) => ({ logLikelihood, greedy: false, tokens: i + 1 })),
    truncatedTokens: 0,
  };
}

/** A benchmark whose documents got the given log-likelihoods; the first choice is the right one. */
export function taskRecord(name: string, logLikelihoods: number[][], changes: Partial<Task> = {}): TaskRecord {
  const documents = logLikelihoods.map((values, index): ScoredDocument => {
    const choices = values.map((_, i) => 'ab'.repeat(i + 1));
    return {
      document: { index, place: `row ${index}`, doc: { id: index }, context: 'Q:', choices, gold: 0 },
      requests: choices.map((choice) => ['Q:', ` ${choice}`]),
      scores: values.map((logLikelihood) => ({ logLikelihood, greedy: true, tokens: 2 })),
      truncatedTokens: 0,
    };
  });
  const task: Task = {
    name,
    title: name.toUpperCase(),
    version: 1,
    dataset: { repo: 'made/up', split: 'validation', files: '*' },
    groups: [],
    metrics: ['acc', 'acc_norm'],
    headline: 'acc',
    question: () => {
      throw new Error('there are no rows');
    },
    ...changes,
  };
  const counts = { tokens: 30, requestTokens: 70, trees: 2, batches: 1, truncatedDocuments: 0 };
  return { task, documents, available: 9, counts, provenance: 'made/up@0123' };
}

export function exampleTask(name = 'colours'): TaskRecord {
  const metrics = ['acc_norm', 'acc', 'acc_bytes'];
  return { ...taskRecord(name, [], { metrics }), documents };
}

export function exampleRun(changes: Partial<RunRecord> = {}): RunRecord {
  return {
    model: {
      name: 'made/model@step1',
      source: { kind: 'hub', repo: 'made/model', revision: 'step1', commit: 'c0ffee' },
      honSetting: { order: 2, projections: ['q', 'k'], inner: 'shared' },
      architecture: 'GPTNeoXForCausalLM',
      parameters: 1234,
      weightsDigest: 'aa',
      tokenizerDigest: 'bb',
      storedDtypes: ['F16'],
    },
    backend: { name: 'onnx', version: '1.2.3', device: 'cpu', dtype: 'float32', threads: 2 },
    versions: { 'hon-eval': '0.1.0', node: '24.0.0' },
    command: ['hon-eval', 'run'],
    startedAt: new Date(2025, 0, 2, 3, 4, 5, 250),
    totalSeconds: 60.5,
    memory: { peak: 900_000_000, weights: 280_000_000 },
    stageSeconds: { load: 0.5, score: 59 },
    limit: null,
    choiceOrder: 'question',
    maxLength: 2048,
    tokenizer: { pad: null, eos: ['<|endoftext|>', 0], bos: ['<|endoftext|>', 0], eot: 0 },
    batchTokens: 1024,
    generation: null,
    tasks: [exampleTask()],
    groups: [],
    ...changes,
  };
}
