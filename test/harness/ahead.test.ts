import { expect, test } from 'vitest';
import { ahead, eagerly } from '../../src/harness/ahead.ts';

/** Makes of each number itself, and fails for odd ones; notes what it does. */
async function take(count: number, fails: (item: number) => boolean) {
  const noted: string[] = [];
  const note = (what: string) => (item: number) => void noted.push(`${what} ${item}`);
  const make = async (item: number) => {
    note('make')(item);
    if (fails(item)) throw new Error(`no ${item}`);
    return item;
  };
  const drop = async (item: number) => note('drop')(item);
  const made: number[] = [];
  for await (const item of ahead([0, 1, 2, 3, 4], make, note('pass'), drop)) {
    note('take')(item);
    made.push(item);
    if (made.length === count) break;
  }
  return { noted, made };
}

test('the next one is made while one is used, and dropped where nobody asks for it', async () => {
  const { noted } = await take(2, () => false);
  expect(noted).toEqual(['make 0', 'make 1', 'take 0', 'make 2', 'take 1', 'drop 2']);
});

test("a failure is passed over, and one of what nobody asks for is nobody's", async () => {
  expect(await take(5, (item) => item % 2 === 1)).toMatchObject({ made: [0, 2, 4] });
  const { noted } = await take(1, (item) => item === 1);
  expect(noted).toEqual(['make 0', 'make 1', 'take 0']);
});

/** What a source does that makes three things, and whoever takes them as `use` says. */
async function takeEagerly(use: (item: number) => void, fails = Number.NaN) {
  const noted: string[] = [];
  async function* source() {
    try {
      for (let i = 0; i < 3; i++) {
        noted.push(`make ${i}`);
        if (i === fails) throw new Error(`no ${i}`);
        yield i;
      }
    } finally {
      noted.push('end');
    }
  }
  const taking = async () => {
    for await (const item of eagerly(source(), (reason) => noted.push(`stop: ${(reason as Error).message}`))) {
      noted.push(`take ${item}`);
      use(item);
    }
  };
  const failure = await taking().then(
    () => undefined,
    (error) => error.message,
  );
  return { noted, failure };
}

test('a source makes the next thing while one is used, and is stopped where the rest is not asked for', async () => {
  const whole = ['make 0', 'make 1', 'take 0', 'make 2', 'take 1', 'end', 'take 2'];
  expect(await takeEagerly(() => {})).toEqual({ noted: whole, failure: undefined });
  const full = () => {
    throw new Error('full');
  };
  expect(await takeEagerly(full)).toEqual({
    noted: ['make 0', 'make 1', 'take 0', 'stop: nobody asks for the rest', 'end'],
    failure: 'full',
  });
  expect(await takeEagerly(() => {}, 1)).toEqual({
    noted: ['make 0', 'make 1', 'end', 'take 0'],
    failure: 'no 1',
  });
});
