import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { loadTokenizer } from '../../src/checkpoint/tokenizer/tokenizer.ts';
import { loadRows } from '../../src/dataset/read.ts';
import { askedOf, encodeRequests } from '../../src/harness/score/encode.ts';
import { documentMaker } from '../../src/harness/task/ask.ts';
import { requestsOf as pairsOf } from '../../src/harness/task/prompt.ts';
import { selectTasks } from '../../src/harness/task/registry.ts';
import type { Document } from '../../src/harness/task/task.ts';
import { PythonRandom } from '../../src/python/random.ts';
import { needsShared, shared } from '../shared.ts';

/** What `test/python/lm_eval_requests.py` prints: lm-evaluation-harness's own requests, documents and tokens, summed. */
type Sums = Record<string, { documents: number; requests: string; docs: string; tokens: string }>;

const fixtures = join(import.meta.dirname, '../fixtures/tasks');
const tokenizerFile = shared('tokenizers/gpt-neox-20b.json');

function readSums(name: string): Sums {
  return JSON.parse(readFileSync(join(fixtures, name), 'utf8'));
}

async function documentsOf(name: string, data: string): Promise<Document[]> {
  const [task] = await selectTasks([name]);
  return (await loadRows(task!, { data })).rows.map(documentMaker(task!, { order: 'lm-eval' }));
}

function requestsOf(document: Document): [string, string][] {
  return pairsOf(document, {});
}

function sum(lines: unknown[]): string {
  const hash = createHash('sha256');
  for (const line of lines) hash.update(`${JSON.stringify(line)}\n`);
  return hash.digest('hex');
}

function sumsOf(asked: Document[]) {
  return {
    documents: asked.length,
    requests: sum(asked.map((document) => [requestsOf(document), document.target ?? String(document.gold)])),
    docs: sum(asked.map(({ doc }) => JSON.stringify(doc, null, 2))),
  };
}

async function sumOfTokens(asked: Document[]): Promise<string> {
  const tokenizer = await loadTokenizer({ config: { model_type: 'gpt_neox' }, tokenizerFile });
  return sum(
    asked.map((document) =>
      encodeRequests(tokenizer, askedOf(document, {})).map(({ context, continuation }) => [context, continuation]),
    ),
  );
}

describe.each([
  ['rows made to be difficult', 'lm_eval.json', fixtures, []],
  ['real rows', 'lm_eval_shared.json', shared('data'), ['data']],
])('%s', (_, file, data, needed) => {
  const sums = readSums(file);

  test.for(Object.keys(sums))('%s asks what lm-evaluation-harness asks, to the byte', async (name, context) => {
    needsShared(context, ...needed);
    const { tokens, ...expected } = sums[name]!;
    expect(sumsOf(await documentsOf(name, data))).toEqual(expected);
  });

  test.for(Object.keys(sums))('%s has its tokens', async (name, context) => {
    needsShared(context, 'tokenizers/gpt-neox-20b.json', ...needed);
    expect(await sumOfTokens(await documentsOf(name, data))).toBe(sums[name]!.tokens);
  });
});

test.each(Object.keys(readSums('lm_eval_more.json')))('%s asks what lm-evaluation-harness asks', async (name) => {
  const [task] = await selectTasks([name]);
  const asked = await documentsOf(name, fixtures);
  const requests = asked.map((document) => [
    pairsOf(document, task).map((pair) => (task.output === 'loglikelihood_rolling' ? [pair[1]] : pair)),
    document.target ?? String(document.gold),
  ]);
  const docs = asked.map(({ doc }) => JSON.stringify(doc, null, 2));
  expect({ documents: asked.length, requests: sum(requests), docs: sum(docs) }).toEqual(
    readSums('lm_eval_more.json')[name],
  );
});

test('gpqa asks what a run of lm-evaluation-harness asks, in the order of its choices', async () => {
  const sums = readSums('gpqa.json');
  expect(sumsOf(await documentsOf('gpqa_diamond', fixtures))).toEqual(sums.gpqa_diamond);
});

describe('the sums that lm-evaluation-harness publishes for its first version', () => {
  test.for([
    ['piqa', '6048a3a2bb3ad1e6a3d98139618e06b4d7de766edd685bd38837596199c3f69f'],
    ['logiqa', '12495c50454ba5e1ce0753bd18c09aaca516bebd27648d815e37b15229dbf198'],
  ] as const)('%s', async ([name, published], context) => {
    needsShared(context, 'data');
    const shuffled = new PythonRandom(42).shuffle(await documentsOf(name, shared('data')));
    const text = pythonJson(shuffled.flatMap(requestsOf));
    expect(createHash('sha256').update(text).digest('hex')).toBe(published);
  });
});

/** Python's `json.dumps` of a list of pairs of strings. */
function pythonJson(pairs: [string, string][]): string {
  const ascii = (text: string) =>
    JSON.stringify(text).replace(/[\x7f-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
  return `[${pairs.map((pair) => `[${pair.map(ascii).join(', ')}]`).join(', ')}]`;
}
