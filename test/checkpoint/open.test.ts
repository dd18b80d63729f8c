import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { weightsDigest } from '../../src/checkpoint/digest.ts';
import { openCheckpoint, openConfig } from '../../src/checkpoint/open.ts';
import { parameterCount } from '../../src/checkpoint/parameters.ts';
import { type HubServer, startHub } from '../hub/hub_server.ts';
import { pointerTo } from '../hub/hub_storage.ts';
import { bits16, float32, safetensorsFile } from './safetensors_file.ts';

const shards = {
  'model-00001-of-00002.safetensors': safetensorsFile({ a: float32([2, 3], [1, 2, 3, 4, 5, 6]) }),
  'model-00002-of-00002.safetensors': safetensorsFile({ b: bits16('F16', [4], [0, 1, 2, 3]) }),
};
const weightMap = { a: 'model-00001-of-00002.safetensors', b: 'model-00002-of-00002.safetensors' };
const companions = {
  'config.json': JSON.stringify({ architectures: ['GPTNeoXForCausalLM'] }),
  'tokenizer.json': '{}',
  'tokenizer_config.json': '{}',
};
const index = JSON.stringify({ weight_map: weightMap });
const sharded = { ...companions, ...shards, 'model.safetensors.index.json': index };
const single = { ...companions, 'model.safetensors': safetensorsFile({ a: float32([2], [1, 2]) }) };
const other = {
  'README.md': '# x',
  'pytorch_model.bin': 'bin',
  'onnx/model.onnx': 'onnx',
  'model.fp16.safetensors': 'x',
};

/** As PyTorch wrote it. */
const pickled = readFileSync(join(import.meta.dirname, '../fixtures/pytorch/zip.bin'));

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'checkpoint-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function write(files: Record<string, string | Uint8Array>, name = 'model'): string {
  mkdirSync(join(folder, name), { recursive: true });
  for (const [file, content] of Object.entries(files)) writeFileSync(join(folder, name, file), content);
  return join(folder, name);
}

const chat = { 'chat_template.jinja': '{{ messages }}', 'generation_config.json': '{"eos_token_id":1}' };

const sha256 = (content: string | Uint8Array) => createHash('sha256').update(content).digest('hex');
const digestOfShards = sha256(
  Object.entries(shards)
    .map(([name, content]) => `${name} ${sha256(content)}\n`)
    .join(''),
);

describe('a checkpoint in a folder', () => {
  it('is opened from one file', async () => {
    const path = write(single);
    const checkpoint = await openCheckpoint(path);
    expect(checkpoint).toMatchObject({
      name: path,
      source: { kind: 'folder', path },
      config: { architectures: ['GPTNeoXForCausalLM'] },
      weightFiles: [{ name: 'model.safetensors', path: join(path, 'model.safetensors') }],
      tokenizerFile: join(path, 'tokenizer.json'),
      tokenizerConfigFile: join(path, 'tokenizer_config.json'),
    });
    expect(structuredClone(checkpoint)).toEqual(checkpoint);
    expect(await weightsDigest(checkpoint)).toBe(sha256(single['model.safetensors']));
  });

  it('has a chat template, and what ends its texts, where the files are there', async () => {
    const without = await openCheckpoint(write(single));
    expect([without.chatTemplateFile, without.generationConfigFile]).toEqual([undefined, undefined]);
    const path = write({ ...single, ...chat });
    expect(await openCheckpoint(path)).toMatchObject({
      chatTemplateFile: join(path, 'chat_template.jinja'),
      generationConfigFile: join(path, 'generation_config.json'),
    });
  });

  it('is opened from shards', async () => {
    const checkpoint = await openCheckpoint(write(sharded));
    expect([...checkpoint.tensors.keys()]).toEqual(['a', 'b']);
    expect(parameterCount(checkpoint)).toBe(10);
    expect(await weightsDigest(checkpoint)).toBe(digestOfShards);
  });

  it('counts parameters, not masks and rotary tables', async () => {
    const layer = 'gpt_neox.layers.0.attention';
    const tensors = {
      [`${layer}.dense.bias`]: float32([3], [1, 2, 3]),
      [`${layer}.masked_bias`]: float32([], [-1e9]),
      [`${layer}.bias`]: { dtype: 'BOOL', shape: [2], data: Buffer.alloc(2) },
      [`${layer}.rotary_emb.inv_freq`]: float32([2], [1, 0.1]),
    };
    const checkpoint = await openCheckpoint(write({ ...single, 'model.safetensors': safetensorsFile(tensors) }));
    expect(parameterCount(checkpoint)).toBe(3);
  });

  it.each<[string, Record<string, string | Uint8Array | undefined>, RegExp]>([
    ['without config.json', { 'config.json': undefined }, /config\.json: there is no such file/],
    ['with a broken config.json', { 'config.json': '{"a":\n' }, /config\.json: it is not JSON \([^\n]*\)\.$/],
    ['with a list for a config.json', { 'config.json': '[]' }, /config\.json: it is not a JSON object/],
    ['without a tokenizer', { 'tokenizer.json': undefined }, /has no tokenizer\.json; make one with .*AutoTokenizer/],
    [
      'with a pointer for a tokenizer',
      { 'tokenizer.json': pointerTo(Buffer.alloc(1)) },
      /tokenizer\.json: it is a Git LFS/,
    ],
    ['without weights', { 'model.safetensors': undefined }, /expected model\.safetensors, .*, found no weights/],
    [
      'with broken pickled weights alone',
      { 'model.safetensors': undefined, 'pytorch_model.bin': 'x' },
      /pytorch_model\.bin: it is neither a zip file nor a pickle/,
    ],
    [
      'with an adapter alone',
      { 'model.safetensors': undefined, 'adapter_config.json': '{}', 'adapter_model.safetensors': 'x' },
      /adapter_config\.json: peft_type: hon-eval merges adapters of the type LORA/,
    ],
  ])('is refused %s', async (_, changes, message) => {
    const files = Object.entries({ ...single, ...changes }).filter(([, content]) => content !== undefined);
    const opening = openCheckpoint(write(Object.fromEntries(files) as Record<string, string>));
    await expect(opening).rejects.toMatchObject({ kind: 'checkpoint' });
    await expect(opening).rejects.toThrow(message);
  });

  it.each([
    ['./absent', /There is no folder "\.\/absent"\.$/],
    ['/absent/model', /There is no folder/],
    ['a/b/c', /There is no folder "a\/b\/c"\.$/],
    ['pythia', /There is no folder "pythia", and it is not owner\/name/],
    ['', /There is no folder ""/],
  ])('is looked for by the name "%s"', async (name, message) => {
    const opening = openCheckpoint(name);
    await expect(opening).rejects.toMatchObject({ kind: 'checkpoint' });
    await expect(opening).rejects.toThrow(message);
  });

  it("is none of its own where it is a trainer's output", async () => {
    const folder = write({ 'all_results.json': '{}' });
    for (const step of [20, 100]) mkdirSync(join(folder, `checkpoint-${step}`));
    for (const open of [openCheckpoint, openConfig])
      await expect(open(folder)).rejects.toThrow(
        /a trainer's output, .* name one of them, such as .*checkpoint-100\.$/,
      );
  });

  it('is not one of its files', async () => {
    const file = join(write(single), 'model.safetensors');
    await expect(openCheckpoint(file)).rejects.toThrow(`The model ${file} is a file; name the folder that it is in.`);
  });
});

describe('a checkpoint on the hub', () => {
  let hub: HubServer;
  beforeEach(async () => {
    const repositories = {
      'models/lab/sharded': { revisions: { main: { ...sharded, ...other }, 'step/1': { ...single, ...other } } },
      'models/lab/chat': { revisions: { main: { ...single, ...chat } } },
      'models/lab/pickled': { revisions: { main: { ...companions, ...other, 'pytorch_model.bin': pickled } } },
      'models/lab/broken': { revisions: { main: { ...companions, 'model.safetensors.index.json': index } } },
    };
    hub = await startHub({ repositories });
    vi.stubEnv('HF_ENDPOINT', hub.url);
    vi.stubEnv('HF_HUB_CACHE', join(folder, 'cache'));
    vi.stubEnv('HF_HUB_OFFLINE', undefined);
    vi.stubEnv('HF_TOKEN', undefined);
  });
  afterEach(async () => {
    vi.unstubAllEnvs();
    await hub.close();
  });

  it('is downloaded as far as it is needed, and no further', async () => {
    const checkpoint = await openCheckpoint('lab/sharded');
    const commit = hub.commit('models/lab/sharded');
    expect(checkpoint.source).toEqual({ kind: 'hub', repo: 'lab/sharded', revision: 'main', commit });
    const snapshot = join(folder, 'cache/models--lab--sharded/snapshots', commit);
    expect(readdirSync(snapshot).sort()).toEqual(Object.keys(sharded).sort());
    expect([...checkpoint.tensors.keys()]).toEqual(['a', 'b']);
  });

  it('has the digest of the same files in a folder, by its name in the cache', async () => {
    const checkpoint = await openCheckpoint('lab/sharded');
    for (const { path } of checkpoint.weightFiles) writeFileSync(path, 'not read');
    expect(await weightsDigest(checkpoint)).toBe(digestOfShards);
  });

  it('is found at a revision, and offline afterwards', async () => {
    const online = await openCheckpoint('lab/sharded@step/1');
    expect(online.name).toBe('lab/sharded@step/1');
    expect(online.source).toMatchObject({ revision: 'step/1', commit: hub.commit('models/lab/sharded', 'step/1') });
    expect(online.weightFiles.map(({ name }) => name)).toEqual(['model.safetensors']);
    vi.stubEnv('HF_HUB_OFFLINE', '1');
    hub.requests.length = 0;
    expect(await openCheckpoint('lab/sharded@step/1')).toEqual(online);
    await expect(openCheckpoint('lab/sharded')).rejects.toMatchObject({ kind: 'network' });
    expect(hub.requests).toEqual([]);
  });

  it('is read offline from a cache without listings, and not where a shard is missing', async () => {
    const online = await openCheckpoint('lab/sharded');
    rmSync(join(folder, 'cache/models--lab--sharded/trees'), { recursive: true });
    vi.stubEnv('HF_HUB_OFFLINE', '1');
    expect(await openCheckpoint('lab/sharded')).toEqual(online);
    rmSync(online.weightFiles[0].path);
    await expect(openCheckpoint('lab/sharded')).rejects.toMatchObject({
      kind: 'network',
      message: expect.stringContaining('lacks model-00001-of-00002.safetensors'),
    });
  });

  it('comes with its chat template, and what ends its texts', async () => {
    const { chatTemplateFile, generationConfigFile } = await openCheckpoint('lab/chat');
    expect([chatTemplateFile, generationConfigFile].map((file) => readFileSync(file!, 'utf8'))).toEqual(
      Object.values(chat),
    );
  });

  it('has pickled weights where it has no others', async () => {
    const { weightFiles, tensors } = await openCheckpoint('lab/pickled');
    expect(weightFiles.map(({ name }) => name)).toEqual(['pytorch_model.bin']);
    expect(tensors.get('table')).toMatchObject({ dtype: 'F32', shape: [6, 10] });
    expect(hub.requests.filter(({ path }) => path.endsWith('.safetensors'))).toEqual([]);
    hub.requests.length = 0;
    await openCheckpoint('lab/sharded@step/1');
    expect(hub.requests.filter(({ path }) => path.endsWith('.bin'))).toEqual([]);
  });

  it('is refused where the index names what the repository lacks', async () => {
    await expect(openCheckpoint('lab/broken')).rejects.toThrow(
      /model-00001-of-00002\.safetensors: there is no such file/,
    );
  });

  it('that does not exist may have been meant as a folder', async () => {
    const opening = openCheckpoint('lab/absent');
    await expect(opening).rejects.toMatchObject({ kind: 'notFound' });
    await expect(opening).rejects.toThrow('Nor is there a folder "lab/absent".');
  });
});
