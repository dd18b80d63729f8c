import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { exitCodes, type FailureKind } from '../../src/errors.ts';
import type { Json } from '../../src/json.ts';
import type { HonSetting } from '../../src/model/hon.ts';
import { safetensorsFile, withHeader } from '../checkpoint/safetensors_file.ts';
import { type HubServer, startHub } from '../hub/hub_server.ts';
import type { Weights } from '../model/naive_gpt_neox.ts';
import { type CheckpointChanges, writeCheckpoint } from './checkpoint.ts';
import { honEval, type Outcome, parseLines, resultsBelow, sharedFolder, written } from './program.ts';

interface Failure {
  /** What is wrong; different for every case. */
  what: string;
  kind: FailureKind;
  /** Part of the sentence on stderr. */
  says: RegExp;
  /** Changes to the model that is given. */
  model?: CheckpointChanges;
  /** Models by name, in the place of that one. */
  models?: string[];
  /** Files of the data folder, in the place of PIQA's good rows; its name where it is not there; null for the hub. */
  data?: Record<string, string | Uint8Array> | string | null;
  /** In the place of `piqa`. */
  tasks?: string;
  output?: string;
  flags?: string[];
  /** The whole command line, in the place of all that. */
  args?: string[];
  env?(): Record<string, string>;
}

const row = { goal: 'keep soup warm', sol1: 'put a lid on', sol2: 'put it in snow', label: 0 };
const jsonl = (...rows: Json[]) => rows.map((value) => `${JSON.stringify(value)}\n`).join('');
const piqa = (...rows: Json[]) => ({ 'piqa.jsonl': jsonl(...rows) });

const inputNorm = 'gpt_neox.layers.0.input_layernorm.weight';
const config = (changes: CheckpointChanges['config']) => ({ config: changes });
const hon = (setting: object) => config({ hon: { order: 2, projections: ['q'], inner: 'shared', ...setting } });

/** A good file with the JSON of its header changed, and not its length. */
function header(
  change: (tensors: Record<string, { dtype: string; shape: number[]; data_offsets: number[] }>) => void,
): CheckpointChanges {
  return {
    safetensors(file) {
      const length = Number(file.readBigUInt64LE());
      const tensors = JSON.parse(file.toString('utf8', 8, 8 + length));
      change(tensors);
      return withHeader(JSON.stringify(tensors), file.subarray(8 + length));
    },
  };
}

const checkpoint: Omit<Failure, 'kind'>[] = [
  { what: 'no config.json', says: /config\.json: there is no such file/, model: { files: { 'config.json': null } } },
  { what: 'half a config.json', says: /config\.json: it is not JSON/, model: { files: { 'config.json': '{"a": ' } } },
  { what: 'no weights', says: /found no weights/, model: { files: { 'model.safetensors': null } } },
  {
    what: "PyTorch's own format alone, damaged",
    says: /pytorch_model\.bin: its archive is damaged/,
    model: { files: { 'model.safetensors': null, 'pytorch_model.bin': 'PK' } },
  },
  { what: 'empty weights', says: /truncated: it has 0 bytes/, model: { safetensors: () => Buffer.alloc(0) } },
  { what: 'half of the header', says: /truncated: its header/, model: { safetensors: (file) => file.subarray(0, 99) } },
  {
    what: 'half of the weights',
    says: /truncated: its tensors/,
    model: { safetensors: (file) => file.subarray(0, -9) },
  },
  {
    what: 'a Git LFS pointer',
    says: /Git LFS pointer/,
    model: { safetensors: () => Buffer.from('version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n') },
  },
  {
    what: 'a shard that is missing',
    says: /model-00001-of-00002\.safetensors: there is no such file/,
    model: {
      files: {
        'model.safetensors': null,
        'model.safetensors.index.json': '{"weight_map": {"a": "model-00001-of-00002.safetensors"}}',
      },
    },
  },
  {
    what: 'a shard outside the folder',
    says: /no file beside it/,
    model: {
      files: { 'model.safetensors': null, 'model.safetensors.index.json': '{"weight_map": {"a": "../x.safetensors"}}' },
    },
  },
  {
    what: 'a header of 2^60 bytes',
    says: /header would have 1152921504606846976 bytes/,
    model: { safetensors: (file) => Buffer.concat([Buffer.from([0, 0, 0, 0, 0, 0, 0, 16]), file.subarray(8)]) },
  },
  { what: 'a header that is not JSON', says: /header is not JSON/, model: { safetensors: () => withHeader('{"a') } },
  {
    what: 'offsets outside the file',
    says: /tensors take \d+ bytes/,
    model: { safetensors: () => withHeader('{"a": {"dtype": "F32", "shape": [9], "data_offsets": [0, 36]}}') },
  },
  {
    what: 'tensors that overlap',
    says: /inside the tensor before it/,
    model: header((tensors) => {
      tensors['embed_out.weight'].data_offsets = tensors['gpt_neox.embed_in.weight'].data_offsets;
    }),
  },
  {
    what: 'a tensor of 2^60 elements',
    says: /has the shape \[1152921504606847000\]/,
    model: header((tensors) => {
      tensors[inputNorm].shape = [2 ** 60];
    }),
  },
  {
    what: 'a dtype of another width',
    says: /but F16 of shape \[16\] takes 32/,
    model: header((tensors) => {
      tensors[inputNorm].dtype = 'F16';
    }),
  },
  {
    what: 'a dtype that does not exist',
    says: /unknown dtype "F33"/,
    model: header((tensors) => {
      tensors[inputNorm].dtype = 'F33';
    }),
  },
  {
    what: 'integers for weights',
    says: new RegExp(`lacks the tensor "${inputNorm}"`),
    model: header((tensors) => {
      tensors[inputNorm].dtype = 'I32';
    }),
  },
  { what: 'no tensors', says: /lacks the tensor "/, model: { safetensors: () => safetensorsFile({}) } },
  {
    what: 'a tensor that is missing',
    says: new RegExp(`lacks the tensor "${inputNorm}" of shape \\[16\\]`),
    model: {
      weights(weights) {
        delete weights[inputNorm];
      },
    },
  },
  {
    what: 'a tensor of another shape',
    says: new RegExp(`"${inputNorm}" has shape \\[4,4\\] where config.json asks for \\[16\\]`),
    model: {
      weights(weights) {
        weights[inputNorm].shape = [4, 4];
      },
    },
  },
  { what: 'no tokenizer', says: /has no tokenizer\.json; make one/, model: { files: { 'tokenizer.json': null } } },
  { what: 'a tokenizer that is none', says: /tokenizer\.json/, model: { files: { 'tokenizer.json': '{}' } } },
  { what: 'half a tokenizer', says: /tokenizer\.json/, model: { files: { 'tokenizer.json': '{"model": {' } } },
  {
    what: "another model's tokenizer",
    says: /piqa\.jsonl, line 1: the tokenizer gives token \d+, but the model's vocabulary has 90/,
    model: {
      config: { vocab_size: 90 },
      weights(weights: Weights) {
        for (const name of ['gpt_neox.embed_in.weight', 'embed_out.weight']) {
          weights[name] = { shape: [90, 16], values: Array.from(weights[name].values).slice(0, 90 * 16) };
        }
      },
    },
  },
  {
    what: 'an architecture that is unknown',
    says: /"MambaForCausalLM"; hon-eval runs GPTNeoXForCausalLM/,
    model: config({ architectures: ['MambaForCausalLM'] }),
  },
  { what: 'no architecture', says: /names no architecture/, model: config({ architectures: [], model_type: null }) },
  { what: 'no hidden size', says: /hidden_size/, model: config({ hidden_size: null }) },
  { what: 'heads that do not divide', says: /num_attention_heads/, model: config({ num_attention_heads: 3 }) },
  {
    what: 'a window without end',
    says: /max_position_embeddings: .*, got 1000000000000/,
    model: config({ max_position_embeddings: 1e12 }),
  },
  { what: 'an activation that is unknown', says: /hidden_act/, model: config({ hidden_act: 'prelu' }) },
  {
    what: 'a rope type that is not supported',
    says: /rope_scaling\.rope_type: "su" is not supported; default, linear, .* are/,
    model: config({ rope_scaling: { rope_type: 'su', factor: 4 } }),
  },
  {
    what: 'an inner kind of Hon that is unknown',
    says: /hon\.inner: .*"shared".*, got "none"\./,
    model: hon({ inner: 'none' }),
  },
  { what: 'Hon of order 0', says: /hon\.order: .*, got 0\./, model: hon({ order: 0 }) },
  { what: 'Hon of order 1.5', says: /hon\.order/, model: hon({ order: 1.5 }) },
  { what: 'Hon of no projection', says: /hon\.projections/, model: hon({ projections: [] }) },
  { what: 'Hon of a projection that is unknown', says: /hon\.projections/, model: hon({ projections: ['o'] }) },
  { what: 'Hon of a projection twice', says: /hon\.projections: .*twice/, model: hon({ projections: ['q', 'q'] }) },
  { what: 'a Hon key that is unknown', says: /hon: .*"gate"/, model: hon({ gate: true }) },
  {
    what: 'separate Hon without its weights',
    says: /lacks the tensor "gpt_neox\.layers\.0\.attention\.hon\.q\.query_key_value\.weight"/,
    model: hon({ inner: 'separate' } satisfies Partial<HonSetting>),
  },
  { what: 'no such folder', says: /no folder "nowhere"/, models: ['nowhere'] },
  { what: 'a file for a model', says: /rows\/piqa\.jsonl is a file/, models: ['rows/piqa.jsonl'] },
  {
    what: 'a bad model after a good one',
    says: /no folder "nowhere"/,
    models: ['good', 'nowhere'],
  },
];

const dataset: Omit<Failure, 'kind'>[] = [
  { what: 'no data folder', says: /nowhere: there is no such folder/, data: 'nowhere' },
  { what: 'no rows for a task', says: /No rows for sciq in .*sciq\.jsonl, sciq\.json/, tasks: 'sciq' },
  { what: 'an empty file', says: /piqa\.jsonl has no rows for piqa/, data: { 'piqa.jsonl': '' } },
  { what: 'half a line', says: /piqa\.jsonl, line 2: .*not JSON/, data: { 'piqa.jsonl': `${jsonl(row)}{"goal": "h` } },
  { what: 'a row that is no object', says: /piqa\.jsonl, line 1: .*got a number/, data: piqa(7) },
  {
    what: 'bytes that are not UTF-8',
    says: /piqa\.jsonl, line 1: expected UTF-8/,
    data: { 'piqa.jsonl': Buffer.from([0xff]) },
  },
  { what: 'half a Parquet file', says: /piqa\.parquet: expected a Parquet file/, data: { 'piqa.parquet': 'PAR1' } },
  { what: 'JSON without rows', says: /piqa\.json: expected an array of rows/, data: { 'piqa.json': '{"a": 1}' } },
  {
    what: 'a field that is missing',
    says: /piqa\.jsonl, line 2: expected a string in field "sol2", got nothing/,
    data: piqa(row, { goal: 'g', sol1: 's', label: 0 }),
  },
  {
    what: 'a field of another type',
    says: /piqa\.jsonl, line 1: expected an integer in field "label", got "one"/,
    data: piqa({ ...row, label: 'one' }),
  },
  {
    what: 'a label outside the choices',
    says: /piqa\.jsonl, line 2: expected the right choice to be one of 0 to 1, got 2/,
    data: piqa(row, { ...row, label: 2 }),
  },
  {
    what: 'a letter outside the labels',
    says: /arc_easy\.jsonl, line 1: .*"answerKey", got "C"/,
    data: { 'arc_easy.jsonl': jsonl({ question: 'q', choices: { text: ['a'], label: ['A'] }, answerKey: 'C' }) },
    tasks: 'arc_easy',
  },
  {
    what: 'a continuation longer than the window',
    says: /piqa\.jsonl, line 2: a choice of \d+ tokens does not fit into the model's window of 512/,
    data: piqa(row, { ...row, sol2: 'long '.repeat(200) }),
  },
  {
    // Some batches are on their way when it is found.
    what: 'a continuation longer than the window, after many good ones',
    says: /piqa\.jsonl, line 300: a choice/,
    data: piqa(...Array<Json>(299).fill(row), { ...row, sol2: 'long '.repeat(200) }),
  },
  {
    what: 'an empty continuation',
    says: /bare\.jsonl, line 1: choice 1 is empty/,
    data: { 'bare.jsonl': jsonl({ choices: ['a', ''] }) },
    tasks: 'tasks/bare.mjs',
  },
  {
    what: 'a task whose rows are nowhere on the hub',
    says: /rows of multihop_1 are not on the hub; .* with --data/,
    data: null,
    tasks: 'multihop',
  },
];

/** Files of the folder `tasks`. */
const taskFiles = {
  'bare.mjs': `export default { name: 'bare', title: 'Bare', version: 1, groups: [], metrics: ['acc'], headline: 'acc',
    delimiter: '', question: (row) => ({ context: 'c', choices: row.texts('choices'), gold: 0 }) };`,
  'clash.mjs': `export default { name: 'piqa', title: 'PIQA', version: 1, groups: [], metrics: ['acc'], headline: 'acc',
    question: () => ({ context: '', choices: ['a'], gold: 0 }) };`,
  'unfinished.mjs': 'export default {',
  'nothing.mjs': 'export const task = 1;',
  'malformed.mjs': `export default { name: 'x', title: 'X', version: 1, groups: [], metrics: ['f1'], headline: 'acc' };`,
};

const usage: Omit<Failure, 'kind'>[] = [
  { what: 'no such command', says: /no command rnu; did you mean run\?/, args: ['rnu', '-m', 'good'] },
  { what: 'an argument that no command takes', says: /no argument after tasks, got all/, args: ['tasks', 'all'] },
  { what: 'no such flag', says: /no flag --modle; did you mean --model\?/, args: ['run', '--modle', 'good'] },
  { what: 'no such flag of tasks', says: /no flag -q/, args: ['tasks', '--json', '-q'] },
  { what: 'no model', says: /Expected a --model to score/, args: ['run', '--tasks', 'piqa'] },
  { what: 'a flag without its value', says: /a value after --model/, args: ['run', '--model'] },
  { what: 'a flag twice', says: /--limit can only be specified once/, flags: ['--limit', '1', '--limit', '2'] },
  { what: 'a limit of nothing', says: /--limit.*greater than or equal to 1/, flags: ['--limit', '0'] },
  { what: 'a limit that is no number', says: /--limit to be a whole number, got some/, flags: ['--limit', 'some'] },
  {
    what: 'no such backend',
    says: /--backend to be one of onnx, reference.*got abacus/,
    flags: ['--backend', 'abacus'],
  },
  { what: 'no such device', says: /onnx backend's device "abacus" is not one of cpu/, flags: ['--device', 'abacus'] },
  { what: 'no number of a device', says: /"cpu:x" is not a device/, flags: ['--device', 'cpu:x'] },
  {
    what: 'more threads than any machine has',
    says: /--threads.*less than or equal to/,
    flags: ['--threads', '99999'],
  },
  { what: 'no such dtype', says: /--dtype to be one of float32.*got int4/, flags: ['--dtype', 'int4'] },
  { what: 'a dtype that onnx has not', says: /onnx backend's dtype on cpu "float64"/, flags: ['--dtype', 'float64'] },
  {
    what: 'a dtype that the reference has not',
    says: /"float32" is not one of float64/,
    flags: ['--backend', 'reference', '--dtype', 'float32'],
  },
  { what: 'no such task', says: /named "piqaa"; did you mean piqa\?/, tasks: 'piqa,piqaa' },
  { what: 'a task without a name', says: /named ""; there are arc_challenge, /, tasks: '' },
  { what: 'no such task file', says: /no task file tasks\/nowhere\.ts/, tasks: 'tasks/nowhere.ts' },
  {
    what: 'a task file that does not parse',
    says: /unfinished\.mjs cannot be loaded: /,
    tasks: 'tasks/unfinished.mjs',
  },
  { what: 'a task file without a task', says: /nothing\.mjs must export a task/, tasks: 'tasks/nothing.mjs' },
  { what: 'a malformed task', says: /malformed task \(question: expected a function/, tasks: 'tasks/malformed.mjs' },
  { what: 'two tasks of one name', says: /Two different tasks are named piqa/, tasks: 'piqa,tasks/clash.mjs' },
  { what: 'no name of a repository', says: /not the name of a repository/, models: ['lab/ti--ny'] },
  { what: 'no name of a revision', says: /not the name of a branch/, models: ['lab/tiny@a b'] },
];

let hub: HubServer;
const online =
  (more: Record<string, string> = {}) =>
  () => ({ HF_ENDPOINT: hub.url, HF_HUB_OFFLINE: '', ...more });

const elsewhere: Failure[] = [
  {
    what: 'weights that are not finite',
    kind: 'numeric',
    says: /choice 0 of data-\d+\/piqa\.jsonl, line 1 \(piqa\) the log-likelihood NaN/,
    model: {
      weights(weights) {
        weights[inputNorm].values = Float32Array.from(weights[inputNorm].values, () => Number.NaN);
      },
    },
    data: piqa(row),
  },
  { what: 'no such model', kind: 'notFound', says: /no model lab\/no, or it is/, models: ['lab/no'], env: online() },
  {
    what: 'no such revision',
    kind: 'notFound',
    says: /lab\/tiny, but no branch, tag or commit "v9"/,
    models: ['lab/tiny@v9'],
    env: online(),
  },
  { what: 'no such data set', kind: 'notFound', says: /no data set baber\/piqa/, data: null, env: online() },
  {
    what: 'a data set without its files',
    kind: 'dataset',
    says: /allenai\/sciq@[0-9a-f]{40} has no file that matches/,
    tasks: 'sciq',
    data: null,
    env: online(),
  },
  {
    what: 'a gated model without a token',
    kind: 'accessDenied',
    says: /Without a token .*lab\/gated.* set HF_TOKEN/,
    models: ['lab/gated'],
    env: online(),
  },
  {
    what: 'a gated model with a token that does not open it',
    kind: 'accessDenied',
    says: /no access to the model lab\/gated/,
    models: ['lab/gated'],
    env: online({ HF_TOKEN: 'hf_wrong' }),
  },
  {
    what: 'no network',
    kind: 'network',
    says: /127\.0\.0\.1:9 cannot be reached/,
    models: ['lab/tiny'],
    env: () => ({ HF_ENDPOINT: 'http://127.0.0.1:9', HF_HUB_OFFLINE: '' }),
  },
  {
    what: 'a hub that is none',
    kind: 'network',
    says: /does not answer as the hub does/,
    models: ['lab/tiny'],
    env: () => ({ HF_ENDPOINT: `${hub.url}/portal`, HF_HUB_OFFLINE: '' }),
  },
  { what: 'no network and no cache', kind: 'network', says: /HF_HUB_OFFLINE is set/, models: ['lab/tiny'] },
  {
    what: 'a cache that cannot be written',
    kind: 'output',
    says: /Cannot write the hub's cache: .*HF_HUB_CACHE/,
    models: ['lab/tiny'],
    env: online({ HF_HUB_CACHE: join(import.meta.filename, 'cache') }),
  },
  {
    what: 'an output that cannot be written',
    kind: 'output',
    says: /Cannot write the results to rows\/piqa\.jsonl\/x/,
    output: 'rows/piqa.jsonl/x',
  },
];

let folder: string;
beforeAll(async () => {
  folder = await sharedFolder();
  writeCheckpoint(join(folder, 'good'));
  writeFiles('rows', piqa(row, row));
  writeFiles('tasks', taskFiles);
  hub = await startHub({
    repositories: {
      'models/lab/tiny': { revisions: { main: join(folder, 'good') } },
      'models/lab/gated': { revisions: { main: join(folder, 'good') }, gated: true },
      'datasets/allenai/sciq': { revisions: { main: { 'README.md': 'rows to come' } } },
    },
  });
  hub.fault = ({ path }) => (path.startsWith('/portal/') ? { status: 200, body: '<html>' } : undefined);
  afterAll(() => hub.close());
});

function writeFiles(name: string, files: Record<string, string | Uint8Array>): string {
  mkdirSync(join(folder, name));
  for (const [file, content] of Object.entries(files)) writeFileSync(join(folder, name, file), content);
  return name;
}

let cases = 0;

/** Runs the program on a case of its own; its output and its cache, if it has any, are `output-<n>` and `cache-<n>`. */
async function attempt(failure: Omit<Failure, 'kind' | 'says'>): Promise<Outcome & { output: string }> {
  const { model, data, tasks = 'piqa', flags = [], env = () => ({}) } = failure;
  const number = cases++;
  const output = failure.output ?? `output-${number}`;
  const models = failure.models ?? [model ? `model-${number}` : 'good'];
  if (model) writeCheckpoint(join(folder, models[0]), model);
  const rows = typeof data === 'object' && data !== null ? writeFiles(`data-${number}`, data) : (data ?? 'rows');
  const common = [...models.flatMap((name) => ['-m', name]), '-t', tasks, '-o', output];
  const args = failure.args ?? ['run', ...common, ...(data === null ? [] : ['--data', rows]), ...flags];
  const outcome = await honEval(args, { cwd: folder, env: { HF_HOME: join(folder, `cache-${number}`), ...env() } });
  return { ...outcome, output: join(folder, output) };
}

const asFailures = (list: Omit<Failure, 'kind'>[], kind: FailureKind) => list.map((failure) => ({ ...failure, kind }));
const failures: Failure[] = [
  ...asFailures(checkpoint, 'checkpoint'),
  ...asFailures(dataset, 'dataset'),
  ...asFailures(usage, 'usage'),
  ...elsewhere,
];

/** One line: a sentence that begins with a capital letter or the name of what is wrong, and nothing of a stack. */
const sentence = /^hon-eval: (\p{Lu}|"|\S+\.(jsonl|json|parquet)\b)[^\n]*[^.\n][.?]\n$/u;

describe.concurrent('one sentence on stderr, an exit code of its own and no results:', () => {
  test.each(failures)('$what ($kind)', async (failure) => {
    const { exitCode, stdout, stderr, output } = await attempt(failure);
    expect(stderr).toMatch(sentence);
    expect(stderr).toMatch(failure.says);
    expect(exitCode).toBe(exitCodes[failure.kind]);
    expect(stdout).toBe('');
    expect(resultsBelow(output)).toEqual([]);
  });

  // There `mkdir` with `recursive` never comes back.
  test.runIf(process.platform === 'linux')('an output where no folder can be (output)', async () => {
    const { exitCode, stderr } = await attempt({ what: '', output: '/proc/hon-eval' });
    expect(stderr).toMatch(sentence);
    expect(exitCode).toBe(exitCodes.output);
  });
});

describe.concurrent('what is no failure', () => {
  test('a document longer than the window loses its oldest tokens, and that is counted and said', async () => {
    const long = { ...row, goal: 'long '.repeat(200) };
    const { exitCode, stderr, output } = await attempt({ what: '', data: piqa(row, long, row) });
    expect(exitCode).toBe(0);
    expect(stderr.split('\n').slice(1)).toEqual([
      "piqa: 1 of 3 documents did not fit into the model's window of 512 tokens; their oldest tokens were left out.",
      '',
    ]);
    const [model] = readdirSync(output);
    const { results, samples } = written(output, model);
    expect(results).toMatchObject({ hon_eval: { tasks: { piqa: { truncated_documents: 1 } } } });
    // "Question: " and "\nAnswer:" and a choice beside the 1000 letters, of which 513 tokens fit.
    const lost = 10 + 1000 + 8 + ' put it in snow'.length - 513;
    const truncated = parseLines(samples.get('piqa')!).map(({ hon_eval }) => hon_eval.truncated_tokens);
    expect(truncated).toEqual([0, lost, 0]);
  });

  test('a cache stands in for a hub that does not answer, and that is said', async () => {
    const env = () => ({ HF_HOME: join(folder, 'cache'), HF_ENDPOINT: hub.url, HF_HUB_OFFLINE: '' });
    const first = await attempt({ what: '', models: ['lab/tiny'], env });
    const unreachable = () => ({ ...env(), HF_ENDPOINT: 'http://127.0.0.1:9' });
    const second = await attempt({ what: '', models: ['lab/tiny'], env: unreachable });
    expect([first, second]).toMatchObject([{ exitCode: 0 }, { exitCode: 0 }]);
    expect(second.stderr).toMatch(/cannot be reached .* Using the copy in the cache \(commit [0-9a-f]{7}\)\.\npiqa /);
  });
});
