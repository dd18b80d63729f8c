/**
 * hon-eval on a GPU against lm-evaluation-harness's `hf` model, or transformers driven as that drives it, on the same
 * GPU in one run, never at the same time; the same command goes on where it was cut off. docs/gpu.md says what is
 * measured and what the machine needs.
 */

import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { HonEvalError } from '../src/errors.ts';
import { baselineNames, type GpuOptions, measureGpu } from './gpu_measure.ts';
import { gpuMarkdown } from './gpu_report.ts';
import { presentTasks, writeRequests } from './requests.ts';
import { checkPaths, commonFlags, fail, oneOf, positive, saveResults, tell } from './setup.ts';

const flags = {
  shapes: { type: 'string', default: '70m,410m,1b' },
  orders: { type: 'string', default: '1' },
  dtypes: { type: 'string', default: 'bfloat16' },
  device: { type: 'string', default: 'cuda' },
  baselines: { type: 'string', default: 'auto' },
  tasks: { type: 'string', default: 'arc_challenge,arc_easy,hellaswag,logiqa,piqa,sciq' },
  documents: { type: 'string', default: '300' },
  'search-documents': { type: 'string', default: '100' },
  'batch-sizes': { type: 'string', default: '32,64,128,256' },
  fresh: { type: 'boolean', default: false },
  ...commonFlags,
  repeats: { type: 'string', default: '2' },
} as const;

async function main(): Promise<void> {
  const { values } = parseArgs({ options: flags });
  const { device, python, work, out } = values;
  checkPaths(values.data, values.tokenizer);
  const data = resolve(values.data);
  const documents = positive('documents', values.documents);
  const { present, missing } = presentTasks(values.tasks.split(','), data);
  if (missing.length > 0) tell(`Left out, as there are no rows of them in ${data}: ${missing.join(', ')}`);
  if (present.length === 0) throw new HonEvalError('usage', `There are no rows of ${values.tasks} in ${data}.`);
  const options: GpuOptions = {
    shapes: values.shapes.split(','),
    orders: values.orders.split(',').map((order) => positive('orders', order)),
    dtypes: values.dtypes.split(',').map((dtype) => oneOf('dtypes', dtype, ['float32', 'float16', 'bfloat16'])),
    device,
    baselines: values.baselines.split(',').map((name) => oneOf('baselines', name, ['auto', ...baselineNames])),
    tasks: present,
    documents,
    searchDocuments: Math.min(documents, positive('search-documents', values['search-documents'])),
    repeats: positive('repeats', values.repeats),
    batchSizes: values['batch-sizes'].split(','),
    data,
    requests: await writeRequests(present, { data, documents, folder: join(work, 'requests') }),
    ...{ work, tokenizer: values.tokenizer, python, fresh: values.fresh },
  };
  const results = await measureGpu(options, (results) => saveResults(out, results, gpuMarkdown(results)));
  console.log(gpuMarkdown(results));
}

await main().catch(fail);
