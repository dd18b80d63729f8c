/**
 * Tokens a second of the byte-level BPE tokenizer and of `@huggingface/tokenizers`, on real rows, both from a cold
 * start and with the same ids: `node bench/tokenizer.ts`. The rows and GPT-NeoX's tokenizer are read from
 * HON_EVAL_SHARED (by default ../shared beside the repository): data/<task>.jsonl and tokenizers/gpt-neox-20b.json.
 */
import { deepStrictEqual } from 'node:assert';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Tokenizer as Library } from '@huggingface/tokenizers';
import { loadTokenizer, type Tokenizer } from '../src/checkpoint/tokenizer/tokenizer.ts';
import { loadRows } from '../src/dataset/read.ts';
import { encodeRequests } from '../src/harness/score/encode.ts';
import { documentMaker } from '../src/harness/task/ask.ts';
import { requestsOf } from '../src/harness/task/prompt.ts';
import { selectTasks } from '../src/harness/task/registry.ts';
import type { Document } from '../src/harness/task/task.ts';

const shared = process.env.HON_EVAL_SHARED ?? join(import.meta.dirname, '../../shared');
const repetitions = 3;

/** A job gives token ids, and how many tokens its texts have, each counted as often as it is asked about. */
type Job = (tokenizer: Tokenizer, asked: Document[]) => { ids: unknown; tokens: number };

const jobs: Record<string, Job> = {
  contexts(tokenizer, asked) {
    const ids = asked.map(({ context }) => tokenizer.encode(context));
    return { ids, tokens: sum(ids.map(({ length }) => length)) };
  },
  'whole requests (context and choices)': (tokenizer, asked) => {
    const ids = asked.flatMap((document) =>
      encodeRequests(tokenizer, { requests: requestsOf(document, {}), place: document.place }),
    );
    return { ids, tokens: sum(ids.map(({ context, continuation }) => context.length + continuation.length)) };
  },
};

function sum(numbers: number[]): number {
  return numbers.reduce((a, b) => a + b, 0);
}

/** Processor seconds, so that other work on the machine counts little; the collector's threads are in it. */
function processorSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

async function timed<T>(work: () => T | Promise<T>): Promise<{ seconds: number; result: T }> {
  const start = processorSeconds();
  const result = await work();
  return { seconds: processorSeconds() - start, result };
}

async function readDocuments(): Promise<Document[]> {
  const tasks = await selectTasks(['arc_challenge', 'arc_easy', 'hellaswag', 'logiqa', 'piqa']);
  const data = join(shared, 'data');
  return (
    await Promise.all(tasks.map(async (task) => (await loadRows(task, { data })).rows.map(documentMaker(task))))
  ).flat();
}

/** What can be measured, from its files. */
type Load = (tokenizerFile: string) => Promise<Tokenizer>;

const loaders: Record<string, Load> = {
  'hon-eval': (tokenizerFile) => loadTokenizer({ config: { model_type: 'gpt_neox' }, tokenizerFile }),
  async '@huggingface/tokenizers'(tokenizerFile) {
    const library = new Library({ ...JSON.parse(await readFile(tokenizerFile, 'utf8')), post_processor: null }, {});
    const encode: Tokenizer['encode'] = (text, { addSpecialTokens = true } = {}) =>
      library.encode(text, { add_special_tokens: addSpecialTokens }).ids;
    // No job asks for more.
    return { encode } as Tokenizer;
  },
};

async function measure(asked: Document[], job: Job) {
  const results: { who: string; load: number; seconds: number; ids: unknown; tokens: number }[] = [];
  for (let i = 0; i < repetitions; i++) {
    for (const [who, load] of Object.entries(loaders)) {
      const loading = await timed(() => load(join(shared, 'tokenizers/gpt-neox-20b.json')));
      const { seconds, result } = await timed(() => job(loading.result, asked));
      results.push({ who, load: loading.seconds, seconds, ...result });
    }
  }
  for (const { ids } of results) deepStrictEqual(ids, results[0]!.ids);
  return results;
}

async function report(name: string, asked: Document[], job: Job): Promise<void> {
  const results = await measure(asked, job);
  console.log(`${name}: ${results[0]!.tokens} tokens, the same ids`);
  const best = (who: string, of: 'load' | 'seconds') =>
    Math.min(...results.filter((result) => result.who === who).map((result) => result[of]));
  for (const who of Object.keys(loaders)) {
    const rate = Math.round(results[0]!.tokens / best(who, 'seconds'));
    console.log(`  ${who}: ${rate} tokens/s, loaded in ${Math.round(1000 * best(who, 'load'))} ms`);
  }
  const [own, library] = Object.keys(loaders).map((who) => best(who, 'seconds'));
  console.log(`  ratio: ${(library! / own!).toFixed(1)}`);
}

const asked = await readDocuments();
for (const [name, job] of Object.entries(jobs)) await report(name, asked, job);
