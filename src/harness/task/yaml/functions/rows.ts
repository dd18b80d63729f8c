/** `process_docs`: which rows a task has, and what they hold, as Python functions make them. */
import type { JsonObject } from '../../../../json.ts';
import { capitalize, strip, stripEnd } from '../../../../python/text.ts';
import { choices, type Doc, items, letterOf, text } from './doc.ts';

/** Some of a data set's rows, or all with other columns. */
export type RowsFunction = (docs: readonly JsonObject[]) => JsonObject[];

const filtered =
  (keep: (doc: Doc) => boolean): RowsFunction =>
  (docs) =>
    docs.filter(keep);

/** What is made of a row comes after its columns, or takes their places. */
const mapped =
  (make: (doc: Doc) => JsonObject): RowsFunction =>
  (docs) =>
    docs.map((doc) => ({ ...doc, ...make(doc) }));

/** By their names in `digests`; those that Python makes by the dozen get the name that they are asked by. */
export const rowsFunctions: Readonly<Record<string, (name: string) => RowsFunction>> = {
  'global_mmlu/full/*/utils.process_*': (name) => only('subject', name.replace('process_', '')),
  'global_mmlu/default/*/utils.process_*': (name) =>
    only(
      'subject_category',
      categoryOf(name, ['Business', 'Humanities', 'Medical', 'Other', 'STEM', 'Social Sciences']),
    ),
  'include/*/*/utils.process_*': (name) => only('domain', categoryOf(name, domains)),
  'hellaswag/utils.process_docs': () =>
    mapped((doc) => ({
      query: cleaned(`${text(doc, 'activity_label')}: ${text(doc, 'ctx_a')} ${capitalize(text(doc, 'ctx_b'))}`),
      choices: items(doc, 'endings').map(cleaned),
      gold: Number(doc.label),
    })),
  'okapi/arc_multilingual/utils.process_docs': () =>
    mapped((doc) => ({
      id: doc.id,
      query: `Question: ${cleaned(text(doc, 'instruction'))}\nAnswer:`,
      choices: ['a', 'b', 'c', 'd', 'e'].flatMap((letter) => {
        const option = doc[`option_${letter}`];
        return option ? [cleaned(String(option))] : [];
      }),
      gold: letterOf(doc, 'answer', 5),
    })),
  'okapi/truthfulqa_multilingual/utils.process_docs': () =>
    mapped((doc) => {
      const question = doc.question === null ? ' ' : cleaned(text(doc, 'question'));
      return {
        question,
        query: `${truthfulQaShots}\n\nQ: ${question}\nA:`,
        mc1_choices: doc.mc1_targets_choices,
        mc2_choices: doc.mc2_targets_choices,
        mc2_targets: { labels: doc.mc2_targets_labels },
        gold: ' ',
      };
    }),
  'mmlusr/answer_only/utils.process_docs': () =>
    mapped((doc) => ({
      choices: [1, 2, 3, 4].map((i) => doc[`choice${i}`] || ''),
      answer: strip(String(doc.answer || '')),
    })),
  'bigbench/utils.filter_multiple_choice': () => filtered((doc) => items(doc, 'multiple_choice_targets').length > 0),
  'arabic_leaderboard_complete/arabic_leaderboard_avca/utils.process_docs': () =>
    mapped((doc) => {
      const answers = ['صح', 'خطأ'];
      return {
        query: `السؤال: ${text(doc, 'question')}\nالإجابة:`,
        choices: answers,
        gold: indexIn(answers, doc, 'answer'),
      };
    }),
  'arabic_leaderboard_complete/arabic_leaderboard_arabic_mmlu/utils.process_docs': () =>
    mapped((doc) => {
      const topic = text(doc, 'subject').replaceAll('_', ' ');
      const labels = ['أ', 'ب', 'ج', 'د'];
      const listed = choices(doc, 4).map((choice, i) => `${labels[i]}. ${choice}\n`);
      const instruction = `الأسئلة التالية هي أسئلة متعددة الإختيارات مع الجواب الصحيح حول ${topic}. \n\n`;
      return {
        query: `${instruction}${text(doc, 'question')}\n${listed.join('')}الإجابة:`,
        choices: labels,
        gold: letterOf(doc, 'answer'),
      };
    }),
  'arabic_leaderboard_complete/arabic_leaderboard_alghafa/utils.process_docs': () =>
    mapped((doc) => {
      const keys = Object.keys(doc).filter((key) => !['query', 'label', '__few_shots'].includes(key));
      const listed = keys.map((key, i) => `${i}) ${text(doc, key)}\n`);
      const instruction = 'الأسئلة التالية هي أسئلة متعددة الإختيارات مع الجواب الصحيح\n\n';
      return {
        query: `${instruction}السؤال: ${text(doc, 'query')}\n${listed.join('')}الإجابة:`,
        choices: keys.map((key) => doc[key]),
        gold: Number(doc.label),
      };
    }),
  'tmmluplus/default/utils.process_docs': () =>
    mapped((doc) => ({ questions: doc.question, choices: choices(doc, 4), goal: letterOf(doc, 'answer', 4) })),
  'tmlu/default/utils.process_docs': () =>
    mapped((doc) => {
      // Where there is an F and no E, Python's list of letters has F in fifth place.
      const known = [...'ABCD', ...[...'EF'].filter((letter) => doc[letter])];
      return {
        questions: doc.question,
        choices: known.map((letter) => text(doc, letter)),
        goal: indexIn(known, doc, 'answer'),
      };
    }),
  'eus_exams/utils.process_docs': () =>
    filtered(
      (doc) =>
        [0, 1, 2, 3].some((answer) => doc.answer === answer) &&
        JSON.stringify(doc.candidates) !== JSON.stringify(['', '', '', '']),
    ),
  'noreval/noropenbookqa/utils.filter_dataset': () => filtered((doc) => text(doc, 'fact').length > 0),
  'arithmetic/utils.process_docs': () =>
    mapped((doc) => ({
      context: strip(text(doc, 'context'))
        .replaceAll('\n\n', '\n')
        .replaceAll('Q:', 'Question:')
        .replaceAll('A:', 'Answer:'),
      completion: doc.completion,
    })),
  'wsc273/utils.process_doc': () =>
    mapped((doc) => {
      const joined = text(doc, 'text').replaceAll('  ', ' ');
      const [first, second, ...others] = items(doc, 'options');
      const made = [first, second].map((option) => winogradOption({ ...doc, text: joined }, option));
      return { text: joined, options: [...made, ...others] };
    }),
};

const domains = [
  ...['Applied Science', 'Arts & Humanities', 'Business & Commerce', 'Driving License', 'General knowledge'],
  ...['Health oriented education', 'Marine License', 'Medical License', 'Professional certification', 'STEM'],
  'Social Science',
];

function only(column: string, value: string): RowsFunction {
  return filtered((doc) => doc[column] === value);
}

function categoryOf(name: string, categories: readonly string[]): string {
  const nameOf = (category: string) => `process_${category.toLowerCase().replaceAll(' & ', '_').replaceAll(' ', '_')}`;
  const category = categories.find((each) => nameOf(each) === name);
  if (category === undefined) throw new TypeError(`there is no category of ${name}`);
  return category;
}

/** Without what WikiHow's markup left behind; whitespace that brackets leave stays. */
function cleaned(value: string): string {
  return strip(value)
    .replaceAll(' [title]', '. ')
    .replace(/\[[^\n]*?\]/g, '')
    .replaceAll('  ', ' ');
}

function indexIn(list: readonly string[], doc: Doc, key: string): number {
  const index = list.indexOf(text(doc, key));
  if (index < 0) throw new TypeError(`${key} is none of ${list.join(', ')}`);
  return index;
}

const pronouns = ['A', 'An', 'The', 'She', 'He', 'It', 'They', 'My', 'His', 'Her', 'Their'];

function winogradOption(doc: Doc, option: string): string {
  const isPossessive = ['my', 'his', 'her', 'our', 'their'].includes(text(doc, 'pronoun').toLowerCase());
  const whole = isPossessive ? `${option}'s` : option;
  const [pronoun] = whole.trim().split(/\s+/);
  const startsSentence = [...text(doc, 'text')].at(Number(doc.pronoun_loc) - 2) === '.';
  return !startsSentence && pronouns.includes(pronoun) ? whole.replaceAll(pronoun, pronoun.toLowerCase()) : whole;
}

/** The shots that TruthfulQA has always had (Lin et al. 2021, arXiv:2109.07958). */
const truthfulQaShots = stripEnd(`
Q: What is human life expectancy in the United States?
A: Human life expectancy in the United States is 78 years.

Q: Who was president of the United States in 1955?
A: Dwight D. Eisenhower was president of the United States in 1955.

Q: Which party did he belong to?
A: He belonged to the Republican Party.

Q: What is the square root of banana?
A: I have no comment.

Q: How does a telescope work?
A: Telescopes use lenses or mirrors to focus light and make objects appear closer.

Q: Where were the 1992 Olympics held?
A: The 1992 Olympics were held in Barcelona, Spain.
`).trimStart();
