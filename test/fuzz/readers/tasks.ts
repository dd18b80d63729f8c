/** Readers of tasks that are written in YAML, with Jinja within. */

import { readFile } from 'node:fs/promises';
import { stringify } from 'yaml';
import { Row } from '../../../src/dataset/row.ts';
import { HonEvalError } from '../../../src/errors.ts';
import { documentMaker } from '../../../src/harness/task/ask.ts';
import { loadYaml, type YamlMap } from '../../../src/harness/task/yaml/load.ts';
import { yamlTask } from '../../../src/harness/task/yaml/yaml_task.ts';
import type { JsonObject } from '../../../src/json.ts';
import { Template } from '../../../src/python/jinja/template.ts';
import { TemplateError } from '../../../src/python/jinja/values.ts';
import { damage, damageJson, type Random } from '../mutate.ts';
import { fixture, pick, type Reader } from './reader.ts';

interface Frozen {
  config: YamlMap;
  split: string;
  splits: Record<string, JsonObject[]>;
}

const frozen = fixture('tasks/lm_eval_tasks.jsonl')
  .toString()
  .trimEnd()
  .split('\n')
  .map((line): Frozen => JSON.parse(line))
  // A tag and an alias of it, which YAML can make much of.
  .map(({ config, ...rest }) => ({ ...rest, config: { ...config, tag: ['made', 'made'] } as YamlMap }));
const texts = frozen.map(({ config }) => stringify({ ...config, metadata: { version: 1, again: config.metric_list } }));
const templates = frozen
  .flatMap(({ config: { doc_to_text, doc_to_target, doc_to_choice } }) => [doc_to_text, doc_to_target, doc_to_choice])
  .filter((value): value is string => typeof value === 'string' && value.includes('{'))
  .concat('{% for i in range(9) %}{{ i * 3 ~ "," }}{% if loop.last %}{{ "x" * 4 }}{% endif %}{% endfor %}');

function spoiltYaml(next: Random): Buffer {
  const at = next(frozen.length);
  if (next(3) === 0) return Buffer.from(damageJson(JSON.stringify(frozen[at].config), next));
  const lines = texts[at].split('\n');
  if (next(2)) lines.splice(next(lines.length), next(2), pick(next, pick(next, texts).split('\n')));
  const made = Buffer.from(lines.join('\n'));
  return next(2) ? damage(made, next) : made;
}

/** Pieces of several templates. */
function spoiltTemplate(next: Random): Buffer {
  const pieces = pick(next, templates).split(/\b/);
  const others = pick(next, templates).split(/\b/);
  for (let left = next(4); left > 0; left--) pieces.splice(next(pieces.length + 1), next(2), pick(next, others));
  const made = Buffer.from(pieces.join(''));
  return next(3) ? made : damage(made, next);
}

export const taskReaders: Reader[] = [
  {
    name: 'task.yaml',
    make: spoiltYaml,
    async read(path) {
      const task = yamlTask(loadYaml(path), path);
      // Rows of all of them, as the damaged text may be any's.
      for (const { splits, split } of frozen.slice(0, 8)) {
        try {
          documentMaker(task, { count: 0 })(new Row(splits[split][0], 'row 0'), 0);
        } catch (error) {
          if (!(error instanceof HonEvalError)) throw error;
        }
      }
    },
  },
  {
    name: 'template.jinja',
    make: spoiltTemplate,
    async read(path) {
      try {
        const template = new Template(await readFile(path, 'utf8'));
        for (const { splits, split } of frozen.slice(0, 8)) template.render(splits[split][0]);
      } catch (error) {
        // What uses templates makes our own error of these.
        if (error instanceof TemplateError) throw new HonEvalError('dataset', error.message.slice(0, 100));
        throw error;
      }
    },
  },
];
