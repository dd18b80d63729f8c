import { readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { selectedGroups } from '../../../../src/harness/task/groups.ts';
import { selectTasks } from '../../../../src/harness/task/registry.ts';
import { TaskFolder } from '../../../../src/harness/task/yaml/folder.ts';
import type { YamlMap } from '../../../../src/harness/task/yaml/load.ts';
import { yamlTask } from '../../../../src/harness/task/yaml/yaml_task.ts';
import { type ReferenceTask, runOfTask, sorted } from '../../../python/reference_task.ts';

/** Lines of what `test/python/lm_eval_tasks.py` prints: one of each kind of template. */
const frozen = readFileSync(join(import.meta.dirname, '../../../fixtures/tasks/lm_eval_tasks.jsonl'), 'utf8')
  .trimEnd()
  .split('\n')
  .map((line): ReferenceTask & { config: YamlMap } => JSON.parse(line));

test.each(frozen)(
  "$task asks lm-evaluation-harness's questions, shots and all, and makes its figures of their scores",
  (reference) => {
    const task = yamlTask(reference.config, reference.task);
    for (const run of reference.runs!)
      expect(runOfTask(task, reference, run.shots)).toEqual({ ...run, metrics: sorted(Object.entries(run.metrics)) });
  },
);

describe('a folder of YAML files', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'hon-eval-yaml-'));
    const files = {
      base_yaml:
        'dataset_path: made/rows\noutput_type: multiple_choice\ntest_split: test\ndoc_to_text: q\ndoc_to_target: a\ndoc_to_choice: ["no", yes]\nmetric_list:\n  - metric: acc\n',
      'one.yaml': 'include: base_yaml\ntask: one\ntag: made\ndataset_name: no\n',
      'deep/two.yaml':
        "include: ../base_yaml\ntask: two\ntag: made\ndoc_to_choice: ['no', 'yes']\ndescription: 'Say\nit.'\n",
      'group.yaml':
        'group: both\ntask:\n  - made\naggregate_metric_list:\n  - metric: acc\n    weight_by_size: false\nnum_fewshot: 2\n',
      'python.yaml': 'include: base_yaml\ntask: python\nprocess_docs: !function utils.process_docs\n',
      'written.yaml': 'task: written\ntest_split: test\n',
      'cycle.yaml': 'include: cycle.yaml\ntask: cycle\n',
      'broken.yaml': 'task: [',
      'alias.yaml': 'task: *nothing\n',
      'deep.yaml': `task: ${'['.repeat(200)}${']'.repeat(200)}\n`,
      'deepest.yaml': '['.repeat(200_000),
    };
    for (const [name, text] of Object.entries(files)) {
      await mkdir(dirname(join(folder, name)), { recursive: true });
      await writeFile(join(folder, name), text);
    }
  });
  afterAll(() => rm(folder, { recursive: true }));

  test('gives tasks by name, tag and path, with what they include', async () => {
    const found = new TaskFolder([folder]);
    const [two] = found.select('two');
    expect(two).toMatchObject({ name: 'two', metrics: ['acc'], dataset: { repo: 'made/rows', split: 'test' } });
    expect((await selectTasks([join(folder, 'deep/two.yaml')])).map(({ name }) => name)).toEqual(['two']);
    expect((await selectTasks(['two', 'piqa'], [folder])).map(({ name }) => name)).toEqual(['two', 'piqa']);
  });

  test('reads plain scalars as PyYAML: a configuration called no is false, and a choice called yes is none', () => {
    const found = new TaskFolder([folder]);
    expect(found.select('one')[0].dataset).toMatchObject({ config: 'false' });
  });

  test('builds groups, whose other keys are for their tasks, and averages them', async () => {
    const tasks = await selectTasks(['both'], [folder]);
    expect(tasks.map(({ name, shots }) => [name, shots?.count])).toEqual([
      ['one', 2],
      ['two', 2],
    ]);
    expect(selectedGroups(['both'], tasks)).toEqual([
      { name: 'both', tasks: ['one', 'two'], metrics: ['acc'], aggregation: 'mean' },
    ]);
  });

  test.each([
    ['python', 'The task python needs the Python function utils.process_docs (process_docs), which is none of'],
    ['written', 'The task written is of the type generate_until; expected one of multiple_choice, loglikelihood,'],
    ['./nowhere.yaml', 'There is no task file or folder ./nowhere.yaml.'],
  ])('refuses %s by its name', async (name, message) => {
    await expect(selectTasks([name], [folder])).rejects.toMatchObject({
      kind: 'usage',
      message: expect.stringContaining(message),
    });
  });

  test.each(['cycle.yaml', 'broken.yaml', 'alias.yaml', 'deep.yaml', 'deepest.yaml'])('refuses %s', async (name) => {
    await expect(selectTasks([join(folder, name)])).rejects.toMatchObject({ kind: 'usage' });
  });
});
