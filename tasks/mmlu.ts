import type { Row } from '../src/dataset/row.ts';
import type { Question, Task } from '../src/harness/task/task.ts';
import { strip } from '../src/python/text.ts';

const letters = ['A', 'B', 'C', 'D'];

/** Subjects by the field that they are averaged in. */
const fields = {
  stem: [
    ...['abstract_algebra', 'anatomy', 'astronomy', 'college_biology', 'college_chemistry', 'college_computer_science'],
    ...['college_mathematics', 'college_physics', 'computer_security', 'conceptual_physics', 'electrical_engineering'],
    ...['elementary_mathematics', 'high_school_biology', 'high_school_chemistry', 'high_school_computer_science'],
    ...['high_school_mathematics', 'high_school_physics', 'high_school_statistics', 'machine_learning'],
  ],
  other: [
    ...['business_ethics', 'clinical_knowledge', 'college_medicine', 'global_facts', 'human_aging', 'management'],
    ...['marketing', 'medical_genetics', 'miscellaneous', 'nutrition', 'professional_accounting'],
    ...['professional_medicine', 'virology'],
  ],
  social_sciences: [
    ...['econometrics', 'high_school_geography', 'high_school_government_and_politics', 'high_school_macroeconomics'],
    ...['high_school_microeconomics', 'high_school_psychology', 'human_sexuality', 'professional_psychology'],
    ...['public_relations', 'security_studies', 'sociology', 'us_foreign_policy'],
  ],
  humanities: [
    ...['formal_logic', 'high_school_european_history', 'high_school_us_history', 'high_school_world_history'],
    ...['international_law', 'jurisprudence', 'logical_fallacies', 'moral_disputes', 'moral_scenarios', 'philosophy'],
    ...['prehistory', 'professional_law', 'world_religions'],
  ],
};

/** Examination questions of 57 subjects (Hendrycks et al. 2021, arXiv:2009.03300), answered by a letter. */
export default Object.entries(fields).flatMap(([field, subjects]) => subjects.map((subject) => mmlu(subject, field)));

function mmlu(subject: string, field: string): Task {
  const average = { metrics: ['acc' as const], weightBySize: true };
  return {
    name: `mmlu_${subject}`,
    title: subject,
    version: 1,
    dataset: { repo: 'cais/mmlu', config: subject, split: 'test', files: `${subject}/test-*.parquet` },
    groups: ['mmlu', `mmlu_${field}`],
    within: [
      { name: 'mmlu', ...average },
      { name: `mmlu_${field}`, ...average },
    ],
    rank: 2,
    metrics: ['acc'],
    headline: 'acc',
    description: () =>
      `The following are multiple choice questions (with answers) about ${subject.replaceAll('_', ' ')}.\n\n`,
    shots: {
      source: { split: 'dev', files: `${subject}/dev-*.parquet` },
      sampler: 'first_n',
      excludesAsked: false,
    },
    question,
  };
}

function question(row: Row): Question {
  const options = row.texts('choices').slice(0, letters.length);
  const listed = options.map((option, i) => `${letters[i]}. ${option}\n`);
  return {
    context: `${strip(row.text('question'))}\n${listed.join('')}Answer:`,
    choices: letters,
    gold: row.integer('answer'),
  };
}
