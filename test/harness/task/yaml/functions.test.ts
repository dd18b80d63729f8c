import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test, vi } from 'vitest';
import { digests } from '../../../../src/harness/task/yaml/functions/digests.ts';
import { FunctionName, type YamlMap, type YamlValue } from '../../../../src/harness/task/yaml/load.ts';
import { yamlTask } from '../../../../src/harness/task/yaml/yaml_task.ts';
import { type ReferenceTask, runOfTask, sorted } from '../../../python/reference_task.ts';

const { functionKey } = await vi.importActual<typeof import('../../../../src/harness/task/yaml/functions/source.ts')>(
  '../../../../src/harness/task/yaml/functions/source.ts',
);

/** Python's files are not here: a function's key is that of its place in lm-evaluation-harness. */
vi.mock('../../../../src/harness/task/yaml/functions/source.ts', () => ({
  functionKey: ({ name, folder }: FunctionName) => {
    if (name.endsWith('.weighted_f1_score')) return 'lm_eval.utils.weighted_f1_score';
    const place = `${folder}/${name}`;
    const known = Object.keys(digests).find((each) => new RegExp(`^${each.replaceAll('*', '[^/]*')}$`).test(place));
    return known && digests[known];
  },
}));

/** Lines of what `test/python/lm_eval_tasks.py --functions` prints. */
const frozen = readFileSync(join(import.meta.dirname, '../../../fixtures/tasks/lm_eval_functions.jsonl'), 'utf8')
  .trimEnd()
  .split('\n')
  .map((line): ReferenceTask & { config: YamlMap } => JSON.parse(line));

/** A configuration as its file is read, where paths stand for functions. */
function withFunctions(value: YamlValue): YamlValue {
  if (typeof value === 'string') {
    const [, folder, name] = /^\/lm_eval\/tasks\/(.*)\/([^/]+)$/.exec(value) ?? [];
    return name ? new FunctionName(name, folder) : value;
  }
  if (value === null || typeof value !== 'object') return value;
  if (Array.isArray(value)) return value.map(withFunctions);
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, withFunctions(item)]));
}

test.each(frozen)("$task asks what lm-evaluation-harness's Python functions make of rows", (reference) => {
  const task = yamlTask(withFunctions(reference.config) as YamlMap, reference.task);
  for (const run of reference.runs!)
    expect(runOfTask(task, reference, run.shots)).toEqual({ ...run, metrics: sorted(Object.entries(run.metrics)) });
});

describe("a function's key", () => {
  const folder = mkdtempSync(join(tmpdir(), 'hon-eval-functions-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  let files = 0;
  const keyOf = (source: string, name = 'ask') => {
    mkdirSync(join(folder, String(files)));
    writeFileSync(join(folder, String(files), 'utils.py'), source);
    return functionKey(new FunctionName(`utils.${name}`, join(folder, String(files++))));
  };
  const source = `import re
from other import (
    thing,
)

WORDS = """
two
"""


def helper(doc):
    return re.sub("a", "b", doc)


@cached
def ask(doc):
    # Inside
    return helper(WORDS + doc["q"])


def other(doc):
    return thing
`;
  const key = keyOf(source);

  test.each([
    ['a comment at the margin', source.replace('def helper', '# What it does.\ndef helper')],
    ['another function', source.replace('return thing', 'return None')],
    ['an import that it does not use', source.replace('thing,', 'something,')],
    ['line ends', source.replaceAll('\n', '\r\n')],
  ])('is the same with %s changed', (_, changed) => {
    expect(changed).not.toBe(source);
    expect(keyOf(changed)).toBe(key);
  });

  test.each([
    ['its own lines', source.replace('doc["q"]', 'doc["r"]')],
    ['its decorator', source.replace('@cached', '@other')],
    ['what it calls', source.replace('"b"', '"c"')],
    ['a text over several lines', source.replace('\ntwo\n', '\nthree\n')],
    ['what its module imports for it', source.replace('import re', 'import regex as re')],
  ])('is another one with %s changed', (_, changed) => {
    expect(changed).not.toBe(source);
    expect(keyOf(changed)).not.toBe(key);
  });

  test('is a place where lm-evaluation-harness keeps it elsewhere, and of the whole module where nothing defines it', () => {
    expect(keyOf('from lm_eval.utils import ask  # noqa\n')).toBe('lm_eval.utils.ask');
    expect(keyOf('globals().update(made)\n')).not.toBe(keyOf('globals().update(others)\n'));
    expect(functionKey(new FunctionName('nowhere.ask', folder))).toBeUndefined();
  });
});
