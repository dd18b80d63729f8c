import { expect, test } from 'vitest';
import { MadeList } from '../../../src/long_list.ts';
import { buildResults } from '../../../src/results/write/results_file.ts';
import { documents, exampleRun } from '../example_run.ts';

test('documents of a benchmark that is finished are not read again for the results of those after it', () => {
  const [template] = exampleRun().tasks;
  let reads = 0;
  const read = () => {
    reads++;
    return documents[0];
  };
  const record = exampleRun({ tasks: [{ ...template, documents: new MadeList(300, read) }] });
  const results = buildResults(record, {});
  const once = reads;
  expect(once).toBeGreaterThan(0);
  expect(buildResults(record, {})).toEqual(results);
  expect(reads).toBe(once);
});
