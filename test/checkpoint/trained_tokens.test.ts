import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { trainedTokens } from '../../src/checkpoint/trained_tokens.ts';
import { temporaryFolder } from '../model/tiny_checkpoint.ts';

test.each([
  [
    'the Trainer of transformers',
    'trainer_state.json',
    '{"log_history": [{"loss": NaN}], "num_input_tokens_seen": 81920}',
    81920,
  ],
  [
    'a Trainer that has not counted',
    'trainer_state.json',
    '{"global_step": 10, "num_input_tokens_seen": 0}',
    undefined,
  ],
  ['nanotron', 'checkpoint_metadata.json', '{"metas": {"last_train_step": 5, "consumed_tokens_total": 10240}}', 10240],
  ['a state that was cut', 'trainer_state.json', '{"num_input_tok', undefined],
])('%s', async (_, file, content, tokens) => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, file), content);
  expect(await trainedTokens({ folder, files: ['config.json', file] })).toBe(tokens);
});
