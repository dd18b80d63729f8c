/**
 * Writes made-up rows of MMLU's schema, in the lengths that its subjects have, for a benchmark with shots:
 *
 *     node bench/mmlu_rows.ts FOLDER
 *     npm run bench -- --data FOLDER --tasks mmlu_anatomy,mmlu_marketing,mmlu_professional_medicine --shots 5 …
 *
 * Each subject has five rows to take shots from and 200 to be asked. Words are drawn by how often English has them, as far
 * as their lengths go; what they say is nothing.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PythonRandom } from '../src/python/random.ts';

/** Words of a question and of a choice, about: the means of MMLU's own test rows. */
const subjects = {
  anatomy: { question: 18, choice: 6 },
  marketing: { question: 22, choice: 4 },
  high_school_government_and_politics: { question: 26, choice: 12 },
  professional_medicine: { question: 110, choice: 4 },
};

const words = (
  'the of and a to in is that for it as was with be by on not he his but at are this have from or had an they which one ' +
  'you were all her she there would their we him been has when who will no more if out so up said what its about than ' +
  'into them can only other time new some could these two may first then do any like my now over such our man me even ' +
  'most made after also did many off before must well back through years much where your way down should because long ' +
  'each just state those people too mister good make world still see own work men life day get here between both under ' +
  'never same another know while last might us great old year come since against go came right used take three system ' +
  'patient pressure government product market tissue muscle artery company policy consumer demand nerve therapy congress ' +
  'examination physician history disease condition following statement hypothesis relationship increase temperature'
).split(' ');

const [folder] = process.argv.slice(2);
await mkdir(folder, { recursive: true });
for (const [subject, lengths] of Object.entries(subjects))
  for (const [suffix, count] of [
    ['.dev', 5],
    ['', 200],
  ] as const) {
    const random = new PythonRandom(1000 * lengths.question + count);
    const rows = Array.from({ length: count }, () => row(random, lengths));
    const lines = rows.map((each) => `${JSON.stringify({ ...each, subject })}\n`);
    await writeFile(join(folder, `mmlu_${subject}${suffix}.jsonl`), lines.join(''));
  }

function row(random: PythonRandom, { question, choice }: { question: number; choice: number }) {
  const some = (mean: number) => text(random, Math.max(1, Math.round(mean * (0.5 + random.random()))));
  return {
    question: `${some(question)}?`,
    choices: Array.from({ length: 4 }, () => `${some(choice)}.`),
    answer: Math.floor(4 * random.random()),
  };
}

function text(random: PythonRandom, length: number): string {
  const drawn = Array.from({ length }, () => words[Math.floor(words.length * random.random() ** 2)]).join(' ');
  return drawn[0].toUpperCase() + drawn.slice(1);
}
