import type { Row } from '../src/dataset/row.ts';
import type { Task } from '../src/harness/task/task.ts';
import { split } from '../src/python/text.ts';

const capitals = ['A', 'An', 'The', 'She', 'He', 'It', 'They', 'My', 'His', 'Her', 'Their'];
const possessives = ['my', 'his', 'her', 'our', 'their'];

/** The 273 schemas of the Winograd Schema Challenge (Levesque et al. 2012), scored as WinoGrande is. */
const wsc273: Task = {
  name: 'wsc273',
  title: 'WSC273',
  version: 1,
  dataset: {
    repo: 'lighteval/winograd_wsc',
    config: 'wsc273',
    split: 'test',
    files: 'wsc273/test/*.parquet',
    revision: 'refs/convert/parquet',
  },
  groups: ['pythia', 'core'],
  rank: 1,
  metrics: ['acc'],
  headline: 'acc',
  shots: { sampler: 'default', excludesAsked: false },
  question(row) {
    const text = row.text('text').replaceAll('  ', ' ');
    const letters = [...text];
    const place = row.integer('pronoun_loc');
    const options = row
      .texts('options')
      .map((option, i) => (i < 2 ? normalize(option, row, letters[place - 2]) : option));
    const before = letters.slice(0, place).join('');
    const continuation = letters.slice(place + [...row.text('pronoun')].length).join('');
    return {
      context: '',
      choices: options.slice(0, 2).map((option) => before + option),
      continuation,
      gold: row.integer('label'),
      target: continuation,
      derived: { text, options },
    };
  },
};

/** The option as it stands in the pronoun's place: with 's for a possessive, and without a capital within a sentence. */
function normalize(option: string, row: Row, before: string): string {
  const owned = possessives.includes(row.text('pronoun').toLowerCase()) ? `${option}'s` : option;
  const [first] = split(owned);
  return before !== '.' && capitals.includes(first) ? owned.replaceAll(first, first.toLowerCase()) : owned;
}

export default wsc273;
