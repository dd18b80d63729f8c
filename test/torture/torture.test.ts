import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { sharedFolder } from '../commands/program.ts';
import { commands, torture } from './torture.ts';

/** The long form: `HON_EVAL_KILLS=50 HON_EVAL_SEED=7 npx vitest run test/torture`, of a built tree. */
const { HON_EVAL_KILLS: kills = '6', HON_EVAL_SEED: seed = '1' } = process.env;
const rows = { run: 600, generate: 40 };

test.each(commands)(
  '%s that is killed again and again ends with the files of one that is not',
  async (command) => {
    const folder = join(await sharedFolder(), command);
    mkdirSync(folder);
    const options = { command, folder, kills: Number(kills), rows: rows[command], seed: Number(seed) };
    const whole = await torture({
      ...options,
      onKill: (done) => done % 10 || console.log(`${command}: ${done} kills`),
    });
    console.log(`${command}: ${kills} kills, came through ${whole} times, all as if undisturbed (seed ${seed})`);
    expect(whole).toBeGreaterThan(0);
  },
  // Each process has a limit of its own.
  0,
);
