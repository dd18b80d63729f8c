import type { Row } from '../src/dataset/row.ts';
import type { DatasetSource } from '../src/dataset/source.ts';
import type { Question, Task } from '../src/harness/task/task.ts';
import type { JsonObject } from '../src/json.ts';
import { PythonRandom } from '../src/python/random.ts';
import { capitalize, strip } from '../src/python/text.ts';
import { mmluFields } from './shared/mmlu_fields.ts';
import { columnKey, namedRows, textKey } from './shared/named_rows.ts';
import { olmesShots } from './shared/olmes_shots.ts';
import { withoutMarkup } from './shared/wikihow_text.ts';

const letters = ['A', 'B', 'C', 'D', 'E'];

/**
 * The ten tasks of the Open Language Model Evaluation Standard (Gu et al. 2024, arXiv:2406.08446), each as `rc`, where the
 * model completes the question with an answer, and as `mc`, where it names the letter of a listed one. The better of the
 * two counts. Names are those of the authors' own harness: `arc_easy:rc::olmes` is `arc_easy_rc_olmes` here.
 */
export default [
  ...arc('arc_easy', 'ARC-E', 'ARC-Easy', { sampled: true, normalization: 'characters' }),
  ...arc('arc_challenge', 'ARC-C', 'ARC-Challenge', { normalization: 'context' }),
  ...bothWays({
    name: 'boolq',
    title: 'BoolQ',
    dataset: converted('aps/super_glue', 'validation', 'boolq'),
    ...trainShots('boolq/train/*.parquet', columnKey(['idx']), olmesShots.boolq),
    sampled: true,
    ask: (row) => ({
      query: `${row.text('passage')}\nQuestion: ${row.text('question')}?`,
      choices: ['yes', 'no'],
      gold: 1 - row.integer('label'),
    }),
  }),
  ...bothWays({
    name: 'csqa',
    title: 'CSQA',
    rowsFile: 'commonsense_qa',
    dataset: converted('tau/commonsense_qa', 'validation'),
    ...trainShots('default/train/*.parquet', columnKey(['id']), olmesShots.csqa),
    normalization: 'context',
    ask: (row) => ({ ...asked(row, 'question'), gold: row.oneOf('answerKey', letters) }),
  }),
  ...bothWays({
    name: 'hellaswag',
    title: 'HellaSwag',
    dataset: { repo: 'Rowan/hellaswag', split: 'validation', files: 'data/validation-*.parquet' },
    ...trainShots('data/train-*.parquet', columnKey(['ind', 'source_id']), olmesShots.hellaswag),
    sampled: true,
    normalization: 'characters',
    ask: (row) => {
      const scene = `${row.text('ctx_a')} ${capitalize(row.text('ctx_b'))}`;
      return {
        query: `${row.text('activity_label')}: ${scene}`,
        choices: row.texts('endings'),
        gold: row.integer('label'),
        instruction: 'Choose the best continuation:\n',
        isContinued: true,
        clean: (text) => withoutMarkup(text, /\.? \[title\]/g),
      };
    },
  }),
  ...bothWays({
    name: 'openbookqa',
    title: 'OBQA',
    dataset: { repo: 'allenai/openbookqa', config: 'main', split: 'test', files: 'main/test-*.parquet' },
    ...trainShots('main/train-*.parquet', columnKey(['id']), olmesShots.openbookqa),
    normalization: 'context',
    ask: (row) => ({ ...asked(row, 'question_stem'), gold: row.oneOf('answerKey', letters) }),
  }),
  ...bothWays({
    name: 'piqa',
    title: 'PIQA',
    dataset: { repo: 'baber/piqa', split: 'validation', files: 'piqa_validation*.parquet' },
    ...trainShots('piqa_train*.parquet', textKey(['goal', 'sol1', 'sol2']), olmesShots.piqa),
    sampled: true,
    normalization: 'characters',
    ask: (row) => ({
      query: `Goal: ${row.text('goal')}`,
      choices: [row.text('sol1'), row.text('sol2')],
      gold: row.integer('label'),
    }),
  }),
  ...bothWays({
    name: 'socialiqa',
    title: 'SIQA',
    rowsFile: 'social_iqa',
    dataset: converted('lighteval/siqa', 'validation'),
    ...trainShots(
      'default/train/*.parquet',
      textKey(['context', 'question', 'answerA', 'answerB', 'answerC']),
      olmesShots.socialiqa,
    ),
    sampled: true,
    normalization: 'characters',
    ask: (row) => ({
      query: `Question: ${row.text('context')} ${row.text('question')}`,
      choices: [row.text('answerA'), row.text('answerB'), row.text('answerC')],
      gold: row.integer('label') - 1,
    }),
  }),
  ...bothWays({
    name: 'winogrande',
    title: 'WinoGrande',
    dataset: converted('allenai/winogrande', 'validation', 'winogrande_xl'),
    ...trainShots('winogrande_xl/train/*.parquet', textKey(['sentence', 'option1', 'option2']), olmesShots.winogrande),
    ask: (row) => {
      const sentence = row.text('sentence');
      const [before, ...after] = sentence.split('_');
      if (after.length === 0) throw row.error('sentence', 'a sentence with the blank "_"');
      const choices = [row.text('option1'), row.text('option2')];
      return {
        query: `Fill in the blank: ${sentence.replaceAll('_', '___')}`,
        choices,
        gold: row.oneOf('answer', ['1', '2']),
        // Each name is put in the blank, and what follows the blank is scored.
        completed: { choices: choices.map((choice) => before + choice), continuation: strip(after.join('_')) },
      };
    },
  }),
  ...Object.values(mmluFields).flat().flatMap(mmlu),
];

/** A row as both formulations ask it. */
interface Asked {
  /** All before the answer, or before the listed ones. */
  query: string;
  choices: string[];
  gold: number;
  /** What stands before the listed choices. */
  instruction?: string;
  /** Whether the answer goes on with the query itself. */
  isContinued?: boolean;
  /** What is done to each text of `rc`, and to the question of `mc` as a whole. */
  clean?(text: string): string;
  /** How `rc` scores it where choices are no completions. */
  completed?: Pick<Question, 'choices' | 'continuation'>;
}

interface Source {
  name: string;
  title: string;
  /** The rows' file under `--data`, where it has another name. */
  rowsFile?: string;
  dataset: DatasetSource;
  shots: NonNullable<Task['shots']>;
  /** The rows that shots are, in their order. */
  choose?(rows: readonly JsonObject[]): JsonObject[];
  description?: string;
  /** Whether 1,000 rows are drawn where there are more. */
  sampled?: boolean;
  /** How `rc` compares the choices. */
  normalization?: Question['normalization'];
  /** The average that both formulations are part of, apart from each other, where it is of several tasks. */
  average?: string;
  ask(row: Row): Asked;
}

function bothWays(source: Source): Task[] {
  return [olmes(source, 'rc'), olmes(source, 'mc')];
}

function olmes(source: Source, form: 'rc' | 'mc'): Task {
  const { name, title, dataset, description, sampled, choose, average, ask } = source;
  const normalization = form === 'rc' ? source.normalization : undefined;
  const metrics = ['acc_olmes'];
  return {
    name: `${name}_${form}_olmes`,
    title: `${title} ${form}`,
    version: 0,
    rowsFile: source.rowsFile ?? name,
    dataset,
    groups: [
      'olmes',
      ...(average ? [`${average}_olmes`, `${average}_${form}_olmes`] : ['core_9mcqa_olmes', `${name}_olmes`]),
    ],
    within: [
      { name: `${average ?? name}_olmes`, metrics, aggregation: 'best' },
      ...(average ? [{ name: `${average}_${form}_olmes`, metrics, aggregation: 'mean' as const }] : []),
    ],
    rank: 3,
    metrics: ['acc', ...(normalization === 'context' ? ['acc_mutual_info'] : []), 'acc_olmes'],
    headline: 'acc_olmes',
    unconditional: 'Answer:',
    ...(description !== undefined && { description: () => description }),
    shots: source.shots,
    rows(rows, use) {
      if (use === 'shots') return choose?.(rows) ?? [...rows];
      return sampled && rows.length > 1000 ? new PythonRandom(1234).sample(rows, 1000) : [...rows];
    },
    question(row) {
      const made = ask(row);
      return form === 'mc' ? listed(made) : { ...completed(made), normalization };
    },
  };
}

function completed({ query, choices, gold, isContinued, completed: own, clean = same }: Asked): Question {
  if (own) return { context: '', ...own, gold };
  return { context: clean(isContinued ? query : `${query}\nAnswer:`), choices: choices.map(clean), gold };
}

/** A space stands before each letter, so that it is the same token as in the answer. */
function listed({ query, choices, gold, instruction = '', clean = same }: Asked): Question {
  const names = letters.slice(0, choices.length);
  const lines = names.map((letter, i) => ` ${letter}. ${choices[i]}\n`);
  return { context: clean(`${query}\n${instruction}${lines.join('')}Answer:`), choices: names, gold };
}

function same(text: string): string {
  return text;
}

function asked(row: Row, column: string): Pick<Asked, 'query' | 'choices'> {
  return { query: `Question: ${row.text(column)}`, choices: row.texts('choices.text') };
}

function firstFive(split: string, files: string): Source['shots'] {
  return { count: 5, source: { split, files }, sampler: 'first_n', excludesAsked: false };
}

function trainShots(
  files: string,
  keyOf: (row: JsonObject) => string,
  keys: readonly string[],
): Pick<Source, 'shots' | 'choose'> {
  return {
    shots: firstFive('train', files),
    choose: (rows) => namedRows(rows, keyOf, keys),
  };
}

/** The hub's own conversion of a data set to Parquet. */
function converted(repo: string, split: string, config?: string): DatasetSource {
  const files = `${config ?? 'default'}/${split}/*.parquet`;
  return { repo, ...(config && { config }), split, files, revision: 'refs/convert/parquet' };
}

function arc(
  name: 'arc_easy' | 'arc_challenge',
  title: string,
  config: string,
  how: Pick<Source, 'sampled' | 'normalization'>,
): Task[] {
  return bothWays({
    name,
    title,
    dataset: { repo: 'allenai/ai2_arc', config, split: 'test', files: `${config}/test-*.parquet` },
    ...trainShots(`${config}/train-*.parquet`, columnKey(['id']), olmesShots[name]),
    ...how,
    ask: (row) => ({ ...asked(row, 'question'), gold: row.oneOf('answerKey', row.texts('choices.label')) }),
  });
}

function mmlu(subject: string): Task[] {
  return bothWays({
    name: `mmlu_${subject}`,
    title: subject,
    dataset: { repo: 'cais/mmlu', config: subject, split: 'test', files: `${subject}/test-*.parquet` },
    shots: firstFive('dev', `${subject}/dev-*.parquet`),
    description: `The following are multiple choice questions (with answers) about ${subject.replaceAll('_', ' ')}.\n\n`,
    normalization: 'characters',
    average: 'mmlu',
    ask: (row) => ({
      query: `Question: ${strip(row.text('question'))}`,
      choices: row.texts('choices').slice(0, 4),
      gold: row.integer('answer'),
    }),
  });
}
