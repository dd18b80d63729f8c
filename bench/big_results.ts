/**
 * Writes results of made-up models on made-up rows, as large as wanted, to see what `report`, `compare`, `gate` and
 * `table` make of them:
 *
 *     node bench/big_results.ts --output big --documents 100000 --models 2
 */
import { parseArgs } from 'node:util';
import type { ScoredDocument } from '../src/harness/record/scored.ts';
import { random } from '../test/fuzz/mutate.ts';
import { taskRecord } from '../test/results/example_run.ts';
import { writeResults } from '../test/results/made_results.ts';

const words =
  'the miller counted sacks of wheat and asked again whether rain would fall before noon in the valley'.split(' ');

/** A question of some 40 words with four choices. Models differ in how often they are right. */
function document(index: number, model: number): ScoredDocument {
  const next = random(index);
  const text = (length: number) => Array.from({ length }, () => words[next(words.length)]).join(' ');
  const question = text(30 + next(20));
  const choices = Array.from({ length: 4 }, () => text(3 + next(6)));
  const gold = next(4);
  const categories = { subject: `subject ${next(20)}` };
  const own = random(index * 7919 + model);
  const scores = choices.map((_, i) => {
    const logLikelihood = -5 - own(1000) / 50 + (i === gold ? 3 + model / 4 : 0);
    return { logLikelihood, greedy: false, tokens: 5 };
  });
  const context = `Question: ${question}\nAnswer:`;
  return {
    document: { index, place: `row ${index}`, doc: { question, choices, gold }, context, choices, gold, categories },
    requests: choices.map((choice) => [context, ` ${choice}`]),
    scores,
    truncatedTokens: 0,
  };
}

const { values } = parseArgs({
  options: {
    output: { type: 'string', default: 'big' },
    documents: { type: 'string', default: '100000' },
    models: { type: 'string', default: '2' },
  },
});
const count = Number(values.documents);
for (let model = 0; model < Number(values.models); model++) {
  const documents = Array.from({ length: count }, (_, index) => document(index, model));
  const task = { ...taskRecord('wheat', [], { metrics: ['acc', 'acc_norm', 'mrr'] }), documents, available: count };
  console.log(await writeResults(values.output, `made/model-${model}`, [task]));
}
