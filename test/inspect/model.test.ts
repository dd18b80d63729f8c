import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { inspect } from '../../src/inspect/model.ts';
import { inspectionText } from '../../src/inspect/model_text.ts';
import { startHub } from '../hub/hub_server.ts';
import { temporaryFolder } from '../model/tiny_checkpoint.ts';

const fixtures = join(import.meta.dirname, '../fixtures/model');

describe('inspect', () => {
  test('tells the model, its parameters and its costs', async () => {
    const inspection = await inspect({ model: join(fixtures, 'qwen2-hon-qkv'), batch: 3, length: 10 });
    expect(inspection).toMatchObject({
      architecture: 'Qwen2ForCausalLM',
      hon: { order: 2, projections: ['q', 'k', 'v'], inner: 'separate' },
      label: 'Hon-QKV',
      heads: 4,
      keyHeads: 2,
      parameters: { total: 27296, embedding: 2048, added: 12672 },
      dtype: 'bfloat16',
    });
    expect(inspection.orders.map(({ attentions }) => attentions)).toEqual([1, 4, 13]);
    const cachePerToken = 2 * 4 * 2 * 16 * 2;
    expect(inspection.memory).toMatchObject({ weights: 2 * 27296, cachePerToken, cache: 30 * cachePerToken });
  });

  test('reads the dtype as transformers 4 wrote it, and as it is asked for', async () => {
    const model = join(fixtures, 'qwen2-transformers4');
    expect(await inspect({ model, batch: 1 })).toMatchObject({ dtype: 'float16', length: 64, hon: null });
    const asked = await inspect({ model, batch: 1, dtype: 'float32' });
    expect(asked.memory.weights).toBe(4 * asked.parameters.total);
  });

  test('shows every order of a checkpoint, and three at least', async () => {
    const orders = async (name: string) => (await inspect({ model: join(fixtures, name), batch: 1 })).orders.length;
    expect([await orders('standard'), await orders('hon-recursive')]).toEqual([3, 3]);
  });

  test('downloads config.json and nothing else', async () => {
    const hub = await startHub({
      repositories: { 'models/lab/tiny': { revisions: { step1: join(fixtures, 'standard') } } },
    });
    vi.stubEnv('HF_ENDPOINT', hub.url);
    vi.stubEnv('HF_HOME', temporaryFolder());
    try {
      const { source, parameters } = await inspect({ model: 'lab/tiny@step1', batch: 1 });
      const commit = hub.commit('models/lab/tiny', 'step1');
      expect(source).toEqual({ kind: 'hub', repo: 'lab/tiny', revision: 'step1', commit });
      expect(parameters.total).toBe(17088);
      const files = hub.requests.filter(({ path }) => path.includes('/resolve/')).map(({ path }) => path);
      expect(files).toEqual([`/lab/tiny/resolve/${commit}/config.json`]);
    } finally {
      vi.unstubAllEnvs();
      await hub.close();
    }
  });
});

test('an inspection for people', async () => {
  const inspection = await inspect({ model: join(fixtures, 'qwen2-hon-recursive'), batch: 4, length: 16 });
  expect(inspectionText({ ...inspection, model: 'tiny' })).toBe(`\
tiny: Qwen2ForCausalLM, Hon-Recursive
2 layers of 32, 4 heads of 8 (2 of keys and values), vocabulary 64, context 64

Parameters: 16.7 K, 4.10 K of them in embeddings, 0 added by Hon

Operations of one token that sees 16, in kFLOP, and attentions of a layer:
order                      1      2  3 (this)
─────────────────────────────────────────────
projections            12.29  18.43     24.58
attention               4.10   8.19     12.29
mlp                    12.29  12.29     12.29
head                    4.10   4.10      4.10
total                  32.77  43.01     53.25
attentions                 1      2         3
as written             32.77  57.34    106.50
attentions as written      1      3         7
the paper's count          2      4         8

Memory in bfloat16: weights 32.6 KiB, keys and values 256 B a token
Batch of 4 × 16 tokens: keys and values 16.0 KiB, activations at most 42.0 KiB`);
});
