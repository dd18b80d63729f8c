import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { writeChainModel } from '../harness/generate/chain_model.ts';
import { filesBelow, honEval, parseLines, resultsBelow, sharedFolder, written } from './program.ts';

let folder: string;
beforeAll(async () => {
  folder = await sharedFolder();
  const chain = { '?': ['4', 'B'], '4': [''], B: [''] };
  const template = '{% for m in messages %}{{ m.role }}: {{ m.content }}\n{% endfor %}model?';
  writeChainModel(join(folder, 'model'), chain);
  writeChainModel(join(folder, 'other'), chain, { 'chat_template.jinja': template });
  mkdirSync(join(folder, 'rows'));
  const rows = {
    'gpqa_diamond.csv':
      'Question,Correct Answer,Incorrect Answer 1,Incorrect Answer 2,Incorrect Answer 3\n' +
      'Hushwhat?,Hushright?,Hushone?,Hushtwo?,Hushthree?\nHushmore?,Hushyes?,Hushno?,Hushnever?,Hushmaybe?\n',
    'aime24.jsonl': '{"problem":"What is 2 + 2?","answer":"004"}\n{"problem":"What is 5 times 5?","answer":25}\n',
    'math_500.jsonl':
      '{"problem":"3+1?","solution":"Count on.","answer":"\\\\frac{8}{2}","subject":"Prealgebra","level":1}\n' +
      '{"problem":"x=2x?","solution":"Move x over.","answer":"0","subject":"Algebra","level":2}\n',
  };
  for (const [name, content] of Object.entries(rows)) writeFileSync(join(folder, 'rows', name), content);
});

const common = ['--data', 'rows', '--samples', '4', '--temperature', '1', '--max-new-tokens', '8'];

function generate(output: string, args: string[] = [], options: Parameters<typeof honEval>[1] = {}) {
  const all = ['generate', '--model', 'model', '--output', output, ...common, ...args];
  return honEval(all, { cwd: folder, ...options });
}

/** All that was written, as one text. */
function everything(output: string): string {
  return filesBelow(join(folder, output))
    .map((file) => readFileSync(join(folder, output, file), 'utf8'))
    .join('\n');
}

test("prints Table 3's layout, what became of the texts, and MATH-500 by subject and level", async () => {
  const { exitCode, stdout, stderr } = await generate('table');
  expect(stderr).not.toMatch(/Hush/);
  expect(exitCode).toBe(0);
  const lines = stdout.split('\n');
  expect(lines[0]).toMatch(/^Model +MATH-500 +AIME24 +GPQA-Diamond +Avg\.$/);
  expect(stdout).toContain('\nMetric: exact_match\n');
  expect(stdout).toMatch(/^model +MATH-500 +(graded|no answer) \d.* +2 +8 +\.\d{3} \(k = 4\) +1 +0\.0%$/m);
  expect(stdout).toMatch(/^MATH-500 by subject +documents +model$/m);
  const { results, samples } = written(join(folder, 'table'), 'model');
  const [first, second] = parseLines(samples.get('aime24')!);
  expect(first).toMatchObject({
    target: '4',
    filter: 'none',
    arguments: { gen_args_0: { arg_1: { do_sample: true } } },
  });
  expect(first.arguments.gen_args_0.arg_0).toMatch(/before answering\.\n\nWhat is 2 \+ 2\?$/);
  const right = first.resps[0].map((text: string) => text === '4');
  expect(first.hon_eval.samples.map(({ correct }: { correct: boolean }) => correct)).toEqual(right);
  expect(first.exact_match).toBe(right.filter(Boolean).length / 4);
  expect(second.exact_match).toBe(0);
  const [math] = parseLines(samples.get('math_500')!);
  expect(math.exact_match).toBe(math.resps[0].filter((text: string) => text === '4').length / 4);
  expect(results.results.aime24['exact_match,none']).toBe(first.exact_match / 2);
});

test('goes on after it was killed, and writes what it would have written', async () => {
  const kill = await generate('killed', [], {
    onStderr: (stderr, child) => stderr.includes('math_500  8/8 texts') && child.kill('SIGKILL'),
  });
  expect(kill.exitCode).toBeNull();
  expect(everything('killed')).not.toMatch(/Hush/);
  const resumed = await generate('killed', ['--batch-size', '3']);
  expect([resumed.exitCode, resumed.stderr]).toEqual([0, expect.stringMatching(/^math_500: done$/m)]);
  const whole = written(join(folder, 'table'), 'model');
  const samples = written(join(folder, 'killed'), 'model').samples;
  expect(samples).toEqual(whole.samples);
});

describe('its results', () => {
  test('stand in tables and pair by document, whatever the chat template', async () => {
    const other = ['generate', '--model', 'other', '--output', 'pair', ...common, '--seed', '5', '--json'];
    const { exitCode, stdout } = await honEval(other, { cwd: folder });
    expect(exitCode).toBe(0);
    const [{ results, hon_eval }] = JSON.parse(stdout).models;
    expect(results.math_500).toHaveProperty(['pass@4,none']);
    expect(hon_eval.generation).toMatchObject({ preset: 'openr1', temperature: 1, seed: 5, prompt_style: 'openr1' });
    expect(hon_eval.tasks.aime24).toMatchObject({ samples: 8, finishes: { eos: 8 } });
    const first = parseLines(written(join(folder, 'pair'), 'other').samples.get('math_500')!)[0];
    expect(first.arguments.gen_args_0.arg_0).toMatch(/^user: Solve .*\n\n3\+1\?\nmodel\?$/s);
    const table = await honEval(['table', 'pair', 'table'], { cwd: folder });
    expect(table.stdout).toMatch(/^Model +MATH-500 +AIME24 +GPQA-Diamond +Avg\.$/m);
    const compare = await honEval(['compare', 'a=table', 'b=pair'], { cwd: folder });
    expect([compare.exitCode, compare.stderr]).toEqual([0, '']);
    expect(compare.stdout).toMatch(/^GPQA-Diamond +2 /m);
  });

  test('hide GPQA, unless it is to be revealed', async () => {
    expect(everything('table')).not.toMatch(/Hush/);
    expect((await generate('revealed', ['--tasks', 'gpqa_diamond', '--reveal'])).exitCode).toBe(0);
    expect(everything('revealed')).toMatch(/A\) Hush\w+\?\\nB\) Hush/);
    const figures = (output: string) => written(join(folder, output), 'model').results.results.gpqa_diamond;
    expect(figures('revealed')).toEqual(figures('table'));
  });
});

test.each([
  [['--tasks', 'piqa'], 2, 'There are no problems to be answered in writing in piqa;'],
  [['--top-p', '1.5'], 2, 'Expected --top-p to be a number above 0 and at most 1, got "1.5"'],
  [['--preset', 'mine'], 2, '--preset'],
])('refuses %j', async (args, code, message) => {
  const { exitCode, stderr } = await generate('refused', args);
  expect([exitCode, stderr]).toEqual([code, expect.stringContaining(message)]);
});

test('runs a model that is named twice once', async () => {
  const { exitCode, stdout } = await generate('twice', ['--model', 'model', '--tasks', 'aime24', '--json']);
  expect(exitCode).toBe(0);
  expect(resultsBelow(join(folder, 'twice')).filter((file) => file.includes('results_'))).toHaveLength(1);
  expect(JSON.parse(stdout).models).toHaveLength(1);
});
