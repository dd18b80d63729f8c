import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { honEval, sharedFolder } from './program.ts';

const sample = { doc_id: 0, doc: {}, target: '4', resps: [['It is \\boxed{4}.']], exact_match: 0 };

test('grade', async () => {
  const folder = await sharedFolder();
  const file = join(folder, 'samples.jsonl');
  writeFileSync(file, JSON.stringify(sample));
  const table = await honEval(['grade', file]);
  expect(table).toMatchObject({ exitCode: 0, stderr: '' });
  expect(table.stdout).toMatch(/samples\.jsonl +graded 1 +1 +1 +1\.000 +1\n/);
  expect(table.stdout).not.toContain('Not right');

  const output = join(folder, 'graded.jsonl');
  const json = await honEval(['grade', file, '--grader', 'letter', '--time-limit', '1', '--output', output, '--json']);
  expect(JSON.parse(json.stdout)).toMatchObject({
    files: [{ documents: 1, exact_match: { value: 0 }, outcomes: { no_answer: 1 } }],
  });
  const wrong = await honEval(['grade', output, '--grader', 'letter', '--wrong', '1']);
  expect(wrong.stdout).toMatch(
    /Not right in .*:\n\nDocument +right answer +taken from the text +because\n─+\n0 +4 +– +no answer\n$/,
  );
  const again = await honEval(['grade', output, file, '--json']);
  expect(JSON.parse(again.stdout).files).toMatchObject([{ exact_match: { value: 0 } }, { exact_match: { value: 1 } }]);

  const missing = await honEval(['grade', join(folder, 'nowhere.jsonl')]);
  expect(missing).toMatchObject({ exitCode: 11, stdout: '' });
  expect(missing.stderr).toMatch(/^hon-eval: Cannot read the samples in /);
  expect((await honEval(['grade', file, '--time-limit', '0'])).exitCode).toBe(2);
});
