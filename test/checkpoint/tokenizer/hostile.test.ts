import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { HonEvalError } from '../../../src/errors.ts';
import type { JsonObject } from '../../../src/json.ts';
import { load } from './byte_tokenizer.ts';
import { damage } from './hostile.ts';

const folder = join(import.meta.dirname, '../../fixtures/tokenizer');
/** More of them, from other seeds: HON_EVAL_FUZZ=20000 HON_EVAL_SEED=7 npm exec -- vitest run hostile.test.ts */
const count = Number(process.env.HON_EVAL_FUZZ ?? 100);
const first = Number(process.env.HON_EVAL_SEED ?? 0) * 1_000_000;
const text = "The miller's <mask> 12 sacks\n  of é한麦子 👩\u200d🌾 <s> sacks";

/** Damaged, it is used or refused as a checkpoint is; it is no bug, and takes no time and no memory to speak of. */
test.each(readdirSync(folder))(
  '%s, damaged, is used or refused',
  async (file) => {
    const { tokenizer }: { tokenizer: JsonObject } = JSON.parse(readFileSync(join(folder, file), 'utf8'));
    let refused = 0;
    for (let i = 0; i < count; i++) {
      const { damaged, what } = damage(tokenizer, first + i);
      try {
        const loaded = await load(damaged as JsonObject);
        const ids = loaded.encode(text);
        expect(ids.every(Number.isInteger), what).toBe(true);
        expect(typeof loaded.decode(ids), what).toBe('string');
      } catch (error) {
        if (!(error instanceof HonEvalError)) throw new Error(`${what}: ${error}`, { cause: error });
        expect(error, what).toMatchObject({ kind: 'checkpoint' });
        expect(error.message.length, what).toBeLessThan(400);
        refused++;
      }
    }
    expect(refused).toBeGreaterThan(count / 4);
    expect(refused).toBeLessThan(count);
  },
  // A pattern that never ends is given ten seconds, and a machine may be busy.
  120_000 + count * 200,
);
