/**
 * Writes results of models that do not exist on rows that mean nothing, to look at pages and to measure them:
 *
 *     node bench/made_results.ts --kind chosen --documents 100000 --models 2 --output made
 *     node bench/made_results.ts --kind written --documents 100 --models 3 --samples 4 --output made
 */
import { parseArgs } from 'node:util';
import { sampledTask } from '../src/harness/generate/sampled_task.ts';
import type { GenerationRecord, TaskRecord } from '../src/harness/record/run_record.ts';
import type { GradedSample, ScoredDocument } from '../src/harness/record/scored.ts';
import { loadTasks } from '../src/harness/task/registry.ts';
import type { Task } from '../src/harness/task/task.ts';
import { uniformStream } from '../src/random.ts';
import { writeRun } from '../src/results/write/write_run.ts';
import { exampleRun } from '../test/results/example_run.ts';

const kinds = {
  chosen: { tasks: ['arc_easy', 'hellaswag', 'piqa', 'winogrande', 'gpqa_main'], make: chosen },
  written: { tasks: ['math_500', 'aime24'], make: written },
};

const sizes = [70, 70, 160, 160, 165, 410, 410, 1000, 1000, 1400, 2800, 0.149];
const generation: GenerationRecord = {
  preset: 'openr1',
  promptStyle: 'openr1',
  chatTemplate: null,
  system: null,
  seed: 1,
  temperature: 0.6,
  topP: 0.95,
  topK: 0,
  maxNewTokens: 400,
  stop: [],
  eos: [],
};
const words =
  'the miller counted sacks of wheat and asked again whether rain would fall before noon in the valley, so'.split(' ');

const { values } = parseArgs({
  options: {
    kind: { type: 'string', default: 'chosen' },
    output: { type: 'string', default: 'made' },
    tasks: { type: 'string' },
    documents: { type: 'string', default: '1000' },
    models: { type: 'string', default: '2' },
    samples: { type: 'string', default: '4' },
  },
});
const count = Number(values.documents);
const { tasks: usual, make } = kinds[values.kind as keyof typeof kinds];
const names = values.tasks?.split(',') ?? usual;
const tasks = (await loadTasks()).filter(({ name }) => names.includes(name));
const template = exampleRun();
for (let model = 0; model < Number(values.models); model++) {
  const size = sizes[model % sizes.length];
  const isHon = model % 2 === 1;
  const run = exampleRun({
    model: {
      ...template.model,
      name: `made/miller-${size < 1 ? '149k' : size < 1000 ? `${size}m` : `${size / 1000}b`}${isHon ? '-hon' : ''}`,
      honSetting: isHon ? template.model.honSetting : null,
      parameters: size * 1e6,
    },
    generation: values.kind === 'written' ? generation : null,
    tasks: tasks.map((task): TaskRecord => {
      const documents = Array.from({ length: task.name === 'aime24' ? 30 : count }, (_, i) => make(task, i, model));
      const counted = values.kind === 'written' ? sampledTask(task, Number(values.samples)) : task;
      const counts = { tokens: 30, requestTokens: 70, trees: 2, batches: 1, truncatedDocuments: 0 };
      return { task: counted, documents, available: documents.length, counts, provenance: 'made/up@0123' };
    }),
  });
  console.log((await writeRun(run, values.output)).resultsFile);
}

/** A question of some 40 words with four choices. */
function chosen(task: Task, index: number, model: number): ScoredDocument {
  const next = integers(task.name, index);
  const own = integers(task.name, index, model);
  const question = text(next, 30 + next(20));
  const choices = Array.from({ length: task.name === 'piqa' ? 2 : 4 }, () => text(next, 3 + next(12)));
  const gold = next(choices.length);
  const scores = choices.map((choice, i) => {
    const tokens = choice.split(' ').length + 1;
    const tokenLogProbs = Array.from({ length: tokens }, () => -own(400) / 100 + (i === gold ? model / 100 : 0));
    const logLikelihood = tokenLogProbs.reduce((total, value) => total + value, 0);
    return { logLikelihood, greedy: false, tokens, ...(model === 0 && count < 10_000 ? { tokenLogProbs } : {}) };
  });
  const context = `Question: ${question}?\nAnswer:`;
  return {
    document: { index, place: `row ${index}`, doc: { question, choices, gold }, context, choices, gold },
    requests: choices.map((choice) => [context, ` ${choice}`]),
    scores,
    truncatedTokens: 0,
  };
}

/** A problem with solutions of some hundred words, of which about half come to the right answer. */
function written(task: Task, index: number, model: number): ScoredDocument {
  const next = integers(task.name, index);
  const problem = `Find $x$ where ${text(next, 25)} is $\\frac{x}{${next(90)}}$.`;
  const gold = String(next(1000));
  const samples = Array.from({ length: Number(values.samples) }, (_, i): GradedSample => {
    const own = integers(task.name, index, model, i);
    const isRight = own(task.name === 'aime24' ? 20 : 4) === 0;
    const isCut = !isRight && own(4) === 0;
    const answer = isRight ? gold : isCut ? null : String(own(1000));
    const steps = Array.from({ length: 3 + own(5) }, (_, step) => `**Step ${step + 1}**: ${text(own, 20 + own(30))}.`);
    const tokens = isCut ? 400 : 100 + own(290);
    return {
      text: `<think>\n${steps.join('\n\n')}\n${answer === null ? text(own, 9) : `</think>\nThe answer is $\\boxed{${answer}}$.`}`,
      tokens,
      finish: isCut ? 'length' : 'eos',
      verdict: { correct: isRight, answer, outcome: answer === null ? 'no_answer' : 'graded' },
    };
  });
  return {
    document: {
      index,
      place: `row ${index}`,
      doc: { problem, gold },
      context: problem,
      choices: [],
      gold: 0,
      target: gold,
      grader: 'math',
    },
    requests: [[problem, '']],
    scores: [],
    truncatedTokens: 0,
    samples,
  };
}

function text(next: (below: number) => number, length: number): string {
  return Array.from({ length }, () => words[next(words.length)]).join(' ');
}

function integers(...seed: (string | number)[]): (below: number) => number {
  const uniform = uniformStream(...seed);
  return (below) => Math.floor(uniform() * below);
}
