import { expect, test } from 'vitest';
import { TrunkKeeper } from '../../../src/backend/trunk.ts';
import type { AskedDocument } from '../../../src/harness/score/encode.ts';
import { prepareEncoded } from '../../../src/harness/score/prepare_batches.ts';
import { commonBeginning, followsTrunk, withTrunk } from '../../../src/harness/score/trunk.ts';

function asked(...contexts: string[]): AskedDocument[] {
  return contexts.map((context) => ({ requests: [[context, ' yes']], rolling: false, place: 'made' }));
}

/** With what the first ones have in common noted. */
function noteTrunks(documents: AskedDocument[], sample: number): AskedDocument[] {
  const text = commonBeginning(documents.slice(0, sample));
  return documents.map((document, i) => withTrunk(document, text, i === 0));
}

test('documents begin with what the first ones have in common, up to the end of a word', () => {
  const shots = 'Q: one?\nA: yes\n\nQ: two?\nA: no\n\n';
  const documents = asked(`${shots}Q: what?`, `${shots}Q: whale?`, `${shots}Q: white?`, 'Q: other?');
  const noted = noteTrunks(documents, 3);
  const trunk = { text: `${shots}Q:`, isFirst: false };
  expect(noted.map((document) => document.trunk)).toEqual([{ ...trunk, isFirst: true }, trunk, trunk, undefined]);
  expect(noteTrunks(documents, 4).map((document) => document.trunk?.text)).toEqual(new Array(4).fill('Q:'));
  expect(noteTrunks(asked(`${shots}Q: what?`), 3)[0].trunk).toBeUndefined();
  const compared = documents.map(
    (document): AskedDocument => ({
      ...document,
      requests: [...document.requests, ['A:', ' yes']],
    }),
  );
  expect(commonBeginning(compared.slice(0, 3))).toBe(`${shots}Q:`);
});

test.each([
  ['has no token of its own', [1, 2, 3], 9, undefined, false],
  ['begins otherwise', [1, 9, 3, 4], 9, undefined, false],
  ['fits', [1, 2, 3, 4], 5, undefined, true],
  ['does not fit', [1, 2, 3, 4], 4, undefined, false],
  ['may have other rotary angles', [1, 2, 3, 4], 9, { beyond: 6, offset: 9 }, false],
])('a request that %s', (_, context, maxLength, long, follows) => {
  expect(followsTrunk({ context, continuation: [5, 6] }, [1, 2, 3], { maxLength, long })).toBe(follows);
});

test('a document whose requests follow the trunk in part is two trees, and the trunk is counted once', () => {
  const ids = [1, 2, 3, 4];
  const encoded = [
    { context: [...ids, 5], continuation: [6] },
    { context: [7], continuation: [6] },
    { context: [...ids, 5], continuation: [8] },
  ];
  const documents = [0, 1].map((i) => ({ encoded, place: `row ${i}`, trunk: { ids, isFirst: i === 0 } }));
  const { batches } = prepareEncoded(documents, { maxLength: 64, vocabularySize: 10, batchTokens: 64 });
  expect(batches.map(({ batch }) => [...(batch.trunk ?? [])])).toEqual([ids, []]);
  expect([...batches[0].batch.positions.slice(0, 2)]).toEqual([4, 4]);
  const placed = batches.flatMap((batch) => batch.documents);
  expect(placed.map(({ requestTargets }) => requestTargets.map((targets) => targets.length))).toEqual([
    ...[1, 2].map(() => [1, 0, 1]),
    ...[1, 2].map(() => [0, 1, 0]),
  ]);
  expect(placed.map(({ tokens }) => tokens)).toEqual([4 + 1, 1, 1, 1]);
});

test('a long trunk is read in parts, each after those before it, once for all batches that follow it', async () => {
  const read: [first: number, ids: number[], before: number[]][] = [];
  const keeper = new TrunkKeeper<number[]>({
    nothing: [[]],
    async read(batch, count, [before]) {
      read.push([batch.positions[0], [...batch.ids.slice(0, count)], before]);
      return [Float32Array.from(batch.ids.slice(0, count))];
    },
    place: (values) => [...values],
  });
  const trunk = Int32Array.from({ length: 1500 }, (_, i) => i);
  const empty = new Int32Array();
  const batch = { rows: 0, columns: 0, ids: empty, positions: empty, ends: empty };
  const follow = (ids?: Int32Array) =>
    keeper.of({ ...batch, headRows: empty, targetRows: empty, targets: empty, trunk: ids });
  expect(await follow(trunk)).toEqual([[...trunk]]);
  expect(await follow(trunk.slice())).toEqual([[...trunk]]);
  expect(await follow()).toEqual([[]]);
  const [first, second] = [trunk.slice(0, 1024), trunk.slice(1024)].map((part) => [...part]);
  expect(read).toEqual([
    [0, first, []],
    [1024, second, first],
  ]);
});
