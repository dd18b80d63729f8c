/**
 * hon-eval against lm-evaluation-harness's `hf` model: the same documents of the same checkpoints in float32, in one
 * run on one machine, never at the same time. docs/benchmarks.md says what is measured.
 */

import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { basename, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { measure, type Options } from './measure.ts';
import { markdown } from './report.ts';
import { checkPaths, commonFlags, fail, makeCheckpoint, positive, saveResults } from './setup.ts';

const flags = {
  shapes: { type: 'string', default: '70m,160m,410m,1b' },
  tasks: { type: 'string', default: 'arc_easy,hellaswag,piqa,logiqa' },
  'hon-orders': { type: 'string', default: '1,2,3' },
  documents: { type: 'string', default: '200' },
  shots: { type: 'string', default: '0' },
  'search-documents': { type: 'string', default: '40' },
  'batch-sizes': { type: 'string', default: '1,8,16,64,auto' },
  ...commonFlags,
} as const;

async function main(): Promise<void> {
  const { values } = parseArgs({ options: flags });
  const { data, tokenizer, python, out } = values;
  checkPaths(data, tokenizer);
  const documents = positive('documents', values.documents);
  const models = new Map<string, string>();
  for (const shape of values.shapes.split(','))
    models.set(basename(shape), existsSync(shape) ? shape : await makeCheckpoint(shape, 'float32', values));
  const options: Options = {
    models,
    tasks: values.tasks.split(','),
    honOrders: values['hon-orders'].split(',').map((order) => positive('hon-orders', order)),
    documents,
    shots: Number(values.shots),
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
  await saveResults(out, results, report);
}

await main().catch(fail);
