/** `doc_to_text`, `doc_to_target` and `doc_to_choice` as Python functions make them of a row. */
import { literalEval, type Value } from '../../../../python/literal.ts';
import { strip } from '../../../../python/text.ts';
import { type Doc, items, letterOf, text } from './doc.ts';
import { afriMmluPrompts, afriXnliPrompt } from './prompts.ts';

export type FieldFunction = (doc: Doc) => Value;

const label =
  (...names: string[]): FieldFunction =>
  (doc) => {
    const name = names[Number(doc.label)];
    if (name === undefined) throw new TypeError(`label is ${JSON.stringify(doc.label)}`);
    return name;
  };

/** `{name}` of a prompt by its value, each once: what values hold is no part of the prompt. */
function formatted(prompt: string, values: Record<string, string>): string {
  return prompt.replace(/\{(\w+)\}/g, (_, name: string) => values[name]);
}

/** Lists that are written as Python writes them. */
function literals(doc: Doc, key: string): string[] {
  const value = literalEval(text(doc, key));
  if (Array.isArray(value) && value.every((item) => typeof item === 'string')) return value;
  throw new TypeError(`${key} is not a list of texts, as Python writes it`);
}

const afriMmlu =
  (prompt: string): FieldFunction =>
  (doc) => {
    const [choice1, choice2, choice3, choice4] = literals(doc, 'choices');
    const { subject } = doc;
    return formatted(prompt, {
      ...{ choice1, choice2, choice3, choice4 },
      subject: String(subject),
      question: text(doc, 'question'),
    });
  };

const lettered = (list: readonly string[], from: readonly string[]) => list.map((_, i) => from[i][0]);
const listed = (list: readonly string[], from: readonly string[]) =>
  list.map((item, i) => `${from[i]} ${item}`).join('\n');
const alphabet = ['A.', 'B.', 'C.', 'D.', 'E.'];

const withContext = (doc: Doc) =>
  doc.context === '' ? text(doc, 'question') : `${text(doc, 'context')}\n\n${text(doc, 'question')}`;

const levels: Record<string, string> = {
  ...{ Primary: 'primary school', Middle: 'middle school', High: 'high school' },
  ...{ Univ: 'university', Prof: 'professional' },
};

const arabicOptions = (doc: Doc) => [1, 2, 3, 4, 5].map((i) => doc[`Option ${i}`]);

/** `sentence` before and after its gap. */
function aroundGap(doc: Doc): [before: string, after: string] {
  const sentence = text(doc, 'sentence');
  const gap = sentence.indexOf('_');
  if (gap < 0) throw new TypeError('sentence has no gap, _');
  return [sentence.slice(0, gap), sentence.slice(gap + 1)];
}

/** Which of two options is in the gap: each with what comes before is a choice, and what comes after is the target. */
const gapFunctions = (module: string): Record<string, FieldFunction> => ({
  [`${module}.doc_to_text`]: (doc) => Number(text(doc, 'answer')) - 1,
  [`${module}.doc_to_target`]: (doc) => strip(aroundGap(doc)[1]),
  [`${module}.doc_to_choice`]: (doc) => ['option1', 'option2'].map((option) => aroundGap(doc)[0] + text(doc, option)),
});

const lowered = (choice: string) => {
  const [first = '', ...rest] = choice;
  return first.toLowerCase() + rest.join('');
};

/** A premise without its full stop, and how it goes on. */
const premise =
  (cause: string, effect: string): FieldFunction =>
  (doc) => {
    const connector = { cause, effect }[text(doc, 'question')];
    if (!connector) throw new TypeError(`question is "${doc.question}", and not cause or effect`);
    return `${[...strip(text(doc, 'premise'))].slice(0, -1).join('')} ${connector}`;
  };

const loweredChoices: FieldFunction = (doc) => [text(doc, 'choice1'), text(doc, 'choice2')].map(lowered);

/** A text with all problems about it. */
interface Problem extends Doc {
  question: string;
  options: string[];
  answer: string;
}

function problems(doc: Doc): Problem[] {
  const value = literalEval(text(doc, 'problems'));
  if (Array.isArray(value) && value.length > 0) return value as unknown as Problem[];
  throw new TypeError('problems is not a list of problems, as Python writes it');
}

const solution = (problem: Problem) => items(problem, 'options')[letterOf(problem, 'answer', 4)];

const xcopa: [key: string, cause: string, effect: string][] = [
  ['xcopa/utils.doc_to_text_et', 'sest', 'seetõttu'],
  ['xcopa/utils.doc_to_text_ht', 'poukisa', 'donk sa'],
  ['xcopa/utils.doc_to_text_it', 'perché', 'quindi'],
  ['xcopa/utils.doc_to_text_id', 'karena', 'maka'],
  ['xcopa/utils.doc_to_text_qu', 'imataq', 'chaymi'],
  ['xcopa/utils.doc_to_text_sw', 'kwa sababu', 'kwa hiyo'],
  ['xcopa/utils.doc_to_text_zh', '因为', '所以'],
  ['xcopa/utils.doc_to_text_ta', 'காரணமாக', 'எனவே'],
  ['xcopa/utils.doc_to_text_th', 'เพราะ', 'ดังนั้น'],
  ['xcopa/utils.doc_to_text_tr', 'çünkü', 'bu yüzden'],
  ['xcopa/utils.doc_to_text_vi', 'bởi vì', 'vì vậy'],
  ['copal_id/utils.doc_to_text_id', 'karena', 'maka'],
  ['super_glue/copa/utils.doc_to_text', 'because', 'therefore'],
];

/** By their names in `digests`. */
export const fieldFunctions: Readonly<Record<string, FieldFunction>> = {
  ...Object.fromEntries(xcopa.map(([key, cause, effect]) => [key, premise(cause, effect)])),
  'xcopa/utils.doc_to_choice': loweredChoices,
  'super_glue/copa/utils.doc_to_choice': (doc) =>
    [text(doc, 'choice1'), text(doc, 'choice2')].map((choice) => ` ${lowered(choice)}`),
  'super_glue/copa/utils.doc_to_target': (doc) => ` ${lowered(text(doc, doc.label === 0 ? 'choice1' : 'choice2'))}`,
  ...gapFunctions('winogrande/preprocess_winogrande'),
  ...gapFunctions('xwinograd/utils'),
  'race/preprocess_race.doc_to_text': (doc) => {
    const all = problems(doc);
    const solved = all.slice(0, -1).map((problem) => {
      const { question } = problem;
      if (question.endsWith('  _  .')) return `${question.slice(0, -5)}${solution(problem)}\n`;
      return `Question: ${question}\nAnswer: ${solution(problem)}\n`;
    });
    return `Article: ${text(doc, 'article')}\n\n${solved.join('')}${all.at(-1)!.question}`;
  },
  'race/preprocess_race.doc_to_target': (doc) => letterOf(problems(doc).at(-1)!, 'answer', 4),
  'race/preprocess_race.doc_to_choice': (doc) => items(problems(doc).at(-1)!, 'options').slice(0, 4),
  'glue/mnli/utils.doc_to_text': (doc) => {
    const hypothesis = strip(text(doc, 'hypothesis'));
    const ended = hypothesis.endsWith('.') ? hypothesis : `${hypothesis}.`;
    return `${text(doc, 'premise')}\nQuestion: ${ended} True, False or Neither?\nAnswer:`;
  },
  'afrixnli/direct/prompt_1/utils.doc_to_target': label('entailment', 'neutral', 'contradiction'),
  'afrixnli/direct/prompt_2/utils.doc_to_target': label('True', 'Neither', 'False'),
  'afrixnli/direct/prompt_5/utils.doc_to_target': label('true', 'false', 'inconclusive'),
  'afrixnli/lai prompt/direct/utils.doc_to_text': (doc) =>
    formatted(afriXnliPrompt, { premise: text(doc, 'premise'), hypothesis: text(doc, 'hypothesis') }),
  'afrimmlu/direct/prompt_1/utils.doc_to_choice': (doc) => literals(doc, 'choices'),
  'afrimmlu/direct/prompt_1/utils.doc_to_text': afriMmlu(afriMmluPrompts[0]),
  'afrimmlu/direct/prompt_2/utils.doc_to_text': afriMmlu(afriMmluPrompts[1]),
  'afrimmlu/direct/prompt_3/utils.doc_to_text': afriMmlu(afriMmluPrompts[2]),
  'afrimmlu/direct/prompt_4/utils.doc_to_text': afriMmlu(afriMmluPrompts[3]),
  'afrimmlu/direct/prompt_5/utils.doc_to_text': afriMmlu(afriMmluPrompts[4]),
  'afrimmlu/translate/prompt_3/utils.doc_to_text': afriMmlu(afriMmluPrompts[2].replaceAll("'", "''")),
  'afrimmlu/translate/prompt_5/utils.doc_to_text': afriMmlu(afriMmluPrompts[4].replace('\n\n', '\n')),
  'darijammlu/utils.doc_to_choice': (doc) => lettered(items(doc, 'choices'), alphabet),
  'darijammlu/utils.doc_to_text': (doc) =>
    `هادا سؤال متعدد الخيارات (مع الجواب ديالو) على ${doc.subject_darija}\n\n${withContext(doc)}\n` +
    `${listed(items(doc, 'choices'), alphabet)}\nالجواب:`,
  'egymmlu/utils.doc_to_text': (doc) =>
    `ده سؤال متعدد الاختيار (مع إجابته) على ${doc.egy_subject}\n\n${withContext(doc)}\n` +
    `${listed(items(doc, 'choices'), alphabet)}\n الجواب:`,
  'arabicmmlu/utils.doc_to_text': (doc) => {
    const level = doc.Level ? ` for ${levels[text(doc, 'Level')]}` : '';
    const country = doc.Country ? ` in ${doc.Country}` : '';
    const options = arabicOptions(doc);
    const end = options.findIndex((option) => !option);
    const question = doc.Context ? `${doc.Context}\n\n${text(doc, 'Question')}` : text(doc, 'Question');
    const shown = options.slice(0, end < 0 ? options.length : end).map(String);
    return (
      `This is a ${doc.Subject} question${level}${country}. Select the correct answer!\n\n` +
      `Question: ${question}\n${listed(shown, alphabet)}\n\nAnswer:`
    );
  },
  'arabicmmlu/utils.doc_to_choice': (doc) =>
    arabicOptions(doc).flatMap((option, i) => (option ? [alphabet[i][0]] : [])),
  'paloma/paloma_utils.doc_to_target': (doc) => text(doc, 'text'),
};
