/**
 * Writes what lm-evaluation-harness saved again with hon-eval's writer: same documents, requests and scores. Part of
 * results_schema.py.
 *
 *     node rewrite_lm_eval.ts RESULTS_JSON OUTPUT
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { RunRecord, SpecialToken, TaskRecord } from '../../src/harness/record/run_record.ts';
import type { ScoredDocument } from '../../src/harness/record/scored.ts';
import type { GroupRecord } from '../../src/harness/task/task.ts';
import { writeRun } from '../../src/results/write/write_run.ts';

const [resultsFile, output] = process.argv.slice(2);
// biome-ignore lint/suspicious/noExplicitAny: a file whose shape is what is being checked
const theirs: any = JSON.parse(readFileSync(resultsFile, 'utf8'));

function readSamples(task: string): ScoredDocument[] {
  const name = path.basename(resultsFile).replace('results_', `samples_${task}_`).concat('l');
  const lines = readFileSync(path.join(path.dirname(resultsFile), name), 'utf8')
    .trimEnd()
    .split('\n');
  return lines.map((line) => {
    const sample = JSON.parse(line);
    const requests = Object.values<{ arg_0: string; arg_1: string }>(sample.arguments);
    const choices = requests.map(({ arg_1 }) => arg_1.slice(1));
    const responses: [string, string][] = sample.filtered_resps;
    return {
      document: {
        index: sample.doc_id,
        doc: sample.doc,
        context: requests[0].arg_0,
        choices,
        gold: Number(sample.target),
        place: `${task} ${sample.doc_id}`,
      },
      requests: requests.map(({ arg_0, arg_1 }) => [arg_0, arg_1]),
      scores: responses.map(([sum, greedy]) => ({ logLikelihood: Number(sum), greedy: greedy === 'True', tokens: 1 })),
      truncatedTokens: 0,
    };
  });
}

function taskRecord(name: string): TaskRecord {
  const config = theirs.configs[name];
  const metrics: string[] = config.metric_list.map(({ metric }: { metric: string }) => metric);
  const dataset = { repo: config.dataset_path, split: config.test_split, files: '' };
  const question = () => {
    throw new Error('there are no rows');
  };
  return {
    task: {
      name,
      title: name,
      version: config.metadata.version,
      dataset,
      groups: [],
      metrics,
      headline: 'acc',
      question,
    },
    documents: readSamples(name),
    available: theirs['n-samples'][name].original,
    counts: { tokens: 0, requestTokens: 0, trees: 0, batches: 0, truncatedDocuments: 0 },
    provenance: config.dataset_path,
  };
}

function groupRecord(name: string): GroupRecord {
  const average = theirs.groups[name];
  const metrics = Object.keys(average?.sample_count ?? {}).map((key) => key.split(',')[0]);
  return { name, tasks: theirs.group_subtasks[name], metrics, aggregation: name === 'plain' ? 'mean' : 'pooled' };
}

function special([token, id]: [string, string]): SpecialToken {
  return [token, Number(id)];
}

const record: RunRecord = {
  model: {
    name: theirs.model_name,
    source: { kind: 'folder', path: theirs.model_name },
    honSetting: null,
    architecture: 'GPTNeoXForCausalLM',
    parameters: theirs.config.model_num_parameters,
    weightsDigest: '',
    tokenizerDigest: '',
    storedDtypes: ['F32'],
  },
  backend: { name: 'none', version: '0', device: 'cpu', dtype: 'float32', threads: 1 },
  versions: { 'hon-eval': '0', node: process.versions.node },
  command: ['node', ...process.argv.slice(1)],
  startedAt: new Date(theirs.date * 1000),
  totalSeconds: Number(theirs.total_evaluation_time_seconds),
  memory: { peak: 0, weights: 0 },
  stageSeconds: {},
  choiceOrder: 'question',
  limit: theirs.config.limit,
  maxLength: theirs.max_length,
  tokenizer: {
    pad: special(theirs.tokenizer_pad_token),
    eos: special(theirs.tokenizer_eos_token),
    bos: special(theirs.tokenizer_bos_token),
    eot: theirs.eot_token_id,
  },
  batchTokens: 1024,
  generation: null,
  tasks: Object.keys(theirs['n-samples']).map(taskRecord),
  groups: Object.keys(theirs.group_subtasks).map(groupRecord),
};
const written = await writeRun(record, output);
process.stdout.write(written.resultsFile);
