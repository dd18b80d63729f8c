import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { startHub } from '../hub/hub_server.ts';
import { writeCheckpoint } from './checkpoint.ts';
import { filesBelow, honEval, parseLines, sharedFolder, written } from './program.ts';

let folder: string;
beforeAll(async () => {
  folder = await sharedFolder();
  writeCheckpoint(join(folder, 'model'));
  mkdirSync(join(folder, 'rows'));
  const rows = {
    'gpqa_diamond.csv':
      'Question,Correct Answer,Incorrect Answer 1,Incorrect Answer 2,Incorrect Answer 3\n' +
      'Hushwhat?,Hushright,Hushone,Hushtwo,Hushthree\nHushmore?,Hushyes,Hushno,Hushnever,Hushmaybe\n',
    'aime24.jsonl': '{"problem":"What is 5 times 5?","answer":"025"}\n{"problem":"What is 10 squared?","answer":100}\n',
    'math_500.jsonl':
      '{"problem":"3+4?","solution":"Count on.","answer":"7","subject":"Prealgebra","level":1}\n' +
      '{"problem":"x=2x?","solution":"Move x over.","answer":"0","subject":"Algebra","level":2}\n',
  };
  for (const [name, content] of Object.entries(rows)) writeFileSync(join(folder, 'rows', name), content);
});

function run(output: string, args: string[], env: Record<string, string> = {}) {
  return honEval(['run', '--model', 'model', '--output', output, ...args], { cwd: folder, env });
}

/** All that a run wrote, as one text. */
function everything(output: string): string {
  return filesBelow(join(folder, output))
    .map((file) => readFileSync(join(folder, output, file), 'utf8'))
    .join('\n');
}

test('the group prints its table, and MATH-500 by subject and level', async () => {
  const { exitCode, stdout, stderr } = await run('group', ['--tasks', 'reasoning', '--data', 'rows']);
  expect(stderr).not.toMatch(/Hush/);
  expect(exitCode).toBe(0);
  const lines = stdout.split('\n');
  expect(lines[0]).toMatch(/^Model +MATH-500 +AIME24 +GPQA-Diamond +Avg\.$/);
  expect(stdout).toContain('\nMetric: acc; answer_match: MATH-500\n');
  expect(lines.filter((line) => / by /.test(line))).toEqual([
    expect.stringMatching(/^MATH-500 by subject +documents +model$/),
    expect.stringMatching(/^MATH-500 by level +documents +model$/),
  ]);
  const { results, samples } = written(join(folder, 'group'), 'model');
  const { acc, prob, bits } = Object.fromEntries(
    ['acc', 'prob', 'bits'].map((metric) => [metric, results.results.aime24[`${metric},none`]]),
  );
  expect([0, 0.5, 1]).toContain(acc);
  expect(prob).toBeGreaterThan(0);
  expect(bits).toBeGreaterThan(1); // random weights know nothing: about log2 of a thousand
  const [first] = parseLines(samples.get('aime24')!);
  expect(first.filtered_resps).toHaveLength(1000);
  expect(first.target).toBe('25');
  const [math] = parseLines(samples.get('math_500')!);
  const [answer, solution] = math.filtered_resps.map(([value]: [string]) => Number(value));
  expect(math.answer_bits_per_byte).toBeCloseTo(-answer / Math.LN2, 12);
  expect(math.solution_bits_per_byte).toBeCloseTo(-solution / Math.LN2 / 'Count on.'.length, 12);
});

describe('GPQA', () => {
  test('is hidden in all that is written, unless it is to be revealed', async () => {
    const args = ['--tasks', 'gpqa_diamond', '--data', 'rows', '--order', 'lm-eval'];
    const { exitCode, stdout, stderr } = await run('hidden', args);
    expect({ exitCode, hush: /Hush/.test(stdout + stderr + everything('hidden')) }).toEqual({
      exitCode: 0,
      hush: false,
    });
    expect((await run('revealed', [...args, '--reveal'])).exitCode).toBe(0);
    expect(everything('revealed')).toContain('(A) Hushthree\\n(B) Hushone\\n(C) Hushtwo\\n(D) Hushright\\nAnswer:');
    const figures = (output: string) => written(join(folder, output), 'model').results.results;
    expect(figures('hidden')).toEqual(figures('revealed'));
  });

  test.each([
    ['gpqa_diamond.jsonl', '{"Question": "Hush?", "Correct Answer": 1}\n'],
    ['gpqa_diamond.jsonl', '{"Question": "Hush?", "Correct Ans\n'],
    ['gpqa_diamond.jsonl', '"Hush?"\n'],
    ['gpqa_diamond.json', '[{"Question": Hush'],
    ['gpqa_diamond.csv', 'Question,Correct Answer\nHush?,Hush,Hush\n'],
  ])('malformed rows in %s are named and not shown: %#', async (name, content) => {
    mkdirSync(join(folder, 'bad'), { recursive: true });
    const data = join(folder, 'bad', String(Math.random()));
    mkdirSync(data);
    writeFileSync(join(data, name), content);
    const { exitCode, stdout, stderr } = await run('bad', ['--tasks', 'gpqa_diamond', '--data', data], { DEBUG: '1' });
    expect(exitCode).toBe(4);
    expect(stderr).toContain(name);
    expect(stdout + stderr).not.toMatch(/Hush/);
  });

  test('without access says how to ask for it and how to do without', async () => {
    const hub = await startHub({
      repositories: {
        'datasets/Idavidrein/gpqa': { gated: true, revisions: { main: { 'gpqa_diamond.csv': 'Question' } } },
      },
    });
    try {
      const env = { HF_ENDPOINT: hub.url, HF_HUB_OFFLINE: '', HF_HOME: join(folder, 'home') };
      const { exitCode, stderr } = await run('gated', ['--tasks', 'gpqa_diamond'], env);
      expect(exitCode).toBe(6);
      expect(stderr).toMatch(/gated: ask for access at \S+\/datasets\/Idavidrein\/gpqa and set HF_TOKEN\./);
      expect(stderr).toMatch(/Or name the folder that holds gpqa_diamond\.jsonl, .*gpqa_diamond\.csv with --data\./);
    } finally {
      await hub.close();
    }
  });
});
