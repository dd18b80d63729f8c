import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { grade } from '../../src/grading/grade.ts';
import { needsShared, shared } from '../shared.ts';

interface Sample {
  target: string;
  resps: [[string]];
}

test.for(['grade-announced-in-formula', 'grade-typed-functions'])('%s: every text is right', (name, context) => {
  needsShared(context, `cases/${name}/samples.jsonl`);
  for (const { target, resps } of rows<Sample>(`cases/${name}/samples.jsonl`)) {
    expect(grade('math', target, resps[0][0]).correct, `${target} and ${resps[0][0]}`).toBe(true);
  }
});

test('pairs that were judged by hand', (context) => {
  needsShared(context, 'cases/grading-pairs/samples.jsonl');
  const judgements = rows<{ gold: string; answer: string; right: boolean }>('cases/grading-pairs/right.jsonl');
  for (const [i, { target, resps }] of rows<Sample>('cases/grading-pairs/samples.jsonl').entries()) {
    const { gold, answer, right } = judgements[i];
    expect(grade('math', target, resps[0][0]).correct, `${gold} and ${answer}`).toBe(right);
  }
});

function rows<T>(file: string): T[] {
  const lines = readFileSync(shared(file), 'utf8').trim().split('\n');
  return lines.map((line) => JSON.parse(line));
}
