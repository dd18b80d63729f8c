/**
 * hon-eval against lm-evaluation-harness's `hf` model: the same documents of the same checkpoints in float32, in one
 * run on one machine, never at the same time. docs/benchmarks.md says what is measured.
 */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { HonEvalError } from '../src/errors.ts';
import { measure, type Options } from './measure.ts';
import { markdown } from './report.ts';

const shared = resolve(process.env.HON_EVAL_SHARED ?? join(import.meta.dirname, '../../shared'));

const flags = {
  shapes: { type: 'string', default: '70m,160m,410m,1b' },
  tasks: { type: 'string', default: 'arc_easy,hellaswag,piqa,logiqa' },
  'hon-orders': { type: 'string', default: '1,2,3' },
  documents: { type: 'string', default: '200' },
  'search-documents': { type: 'string', default: '40' },
  repeats: { type: 'string', default: '3' },
  'batch-sizes': { type: 'string', default: '1,8,16,64,auto' },
  data: { type: 'string', default: join(shared, 'data') },
  tokenizer: { type: 'string', default: join(shared, 'tokenizers/gpt-neox-20b.json') },
  python: { type: 'string', default: 'python3' },
  work: { type: 'string', default: join(tmpdir(), 'hon-eval-bench') },
  out: { type: 'string' },
} as const;

async function main(): Promise<void> {
  const { values } = parseArgs({ options: flags });
  const { data, tokenizer, python, work, out } = values;
  for (const path of [data, tokenizer]) {
    if (!existsSync(path)) throw new HonEvalError('usage', `There is no ${path}; name --data and --tokenizer.`);
  }
  const documents = positive('documents', values.documents);
  const options: Options = {
    models: await makeCheckpoints(values.shapes.split(','), work, tokenizer, python),
    tasks: values.tasks.split(','),
    honOrders: values['hon-orders'].split(',').map((order) => positive('hon-orders', order)),
    documents,
    searchDocuments: Math.min(documents, positive('search-documents', values['search-documents'])),
    repeats: positive('repeats', values.repeats),
    batchSizes: values['batch-sizes'].split(','),
    data: resolve(data),
    python,
    threads: availableParallelism(),
  };
  const results = await measure(options);
  const report = markdown(results);
  console.log(report);
  if (out) {
    await writeFile(out, `${JSON.stringify(results, null, 2)}\n`);
    await writeFile(out.replace(/(\.json)?$/, '.md'), `${report}\n`);
  }
}

function positive(flag: string, text: string): number {
  if (/^[1-9]\d*$/.test(text)) return Number(text);
  throw new HonEvalError('usage', `--${flag} takes whole numbers from 1, not "${text}".`);
}

/** Folders of random checkpoints by their shape, made unless an earlier run did. */
async function makeCheckpoints(shapes: string[], work: string, tokenizer: string, python: string) {
  await mkdir(work, { recursive: true });
  const script = join(import.meta.dirname, 'checkpoint.py');
  const models = new Map<string, string>();
  for (const shape of shapes) {
    const folder = join(work, `pythia-${shape}`);
    if (!existsSync(folder))
      execFileSync(python, [script, shape, folder, tokenizer], { stdio: ['ignore', 'ignore', 'inherit'] });
    models.set(shape, folder);
  }
  return models;
}

await main().catch((error) => {
  console.error(error instanceof Error ? error.message : error);
  // At once: the other side ends when its questions do.
  process.exit(error instanceof HonEvalError ? error.exitCode : 1);
});
