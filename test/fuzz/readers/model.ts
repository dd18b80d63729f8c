/** Readers of what lies beside a model's weights. */
import { copyFileSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { findChatTemplate } from '../../../src/checkpoint/chat_template.ts';
import { compileChatTemplate } from '../../../src/checkpoint/chat_template_program.ts';
import { endTokens } from '../../../src/checkpoint/end_tokens.ts';
import { readJsonObject } from '../../../src/checkpoint/files.ts';
import { parseAdapterConfig } from '../../../src/checkpoint/lora/config.ts';
import { loadTokenizer } from '../../../src/checkpoint/tokenizer/tokenizer.ts';
import { HonEvalError, reason } from '../../../src/errors.ts';
import { RepositoryCache } from '../../../src/hub/cache.ts';
import { describeModel } from '../../../src/model/index.ts';
import { bosTemplate, byteTokenizer } from '../../checkpoint/tokenizer/byte_tokenizer.ts';
import { damage, type Random } from '../mutate.ts';
import { fixture, pick, type Reader, spoiltJson } from './reader.ts';

const architectures = [
  ...['gpt2', 'opt', 'qwen2-yarn', 'qwen3', 'gemma2', 'gemma3_text', 'phi3', 'olmo2', 'mistral', 'llama3-rope'],
  ...['hon-recursive', 'rotary-full', 'qwen2-window', 'smollm3', 'stablelm'],
];
const configs = architectures.map((name) => fixture(`model/${name}/config.json`).toString());

const tokenizers = [
  byteTokenizer(['a b', 'ab c'], bosTemplate(259)),
  ...['unigram', 'word_piece', 'word_level', 'llama2', 'splits'].map(small),
].map((definition) => JSON.stringify(definition));

/** Without most of the vocabulary, so that damage meets the rest. */
function small(name: string) {
  const definition = JSON.parse(fixture(`tokenizer/${name}.json`).toString()).tokenizer;
  const { model } = definition;
  const most = 300;
  const vocab = Array.isArray(model.vocab)
    ? model.vocab.slice(0, most)
    : Object.fromEntries(Object.entries(model.vocab).slice(0, most));
  return { ...definition, model: { ...model, vocab, ...(model.merges && { merges: [] }) } };
}

const settings = JSON.stringify({
  tokenizer_class: 'GPT2Tokenizer',
  add_bos_token: false,
  bos_token: '<bos>',
  eos_token: { content: '<eos>', lstrip: false, special: true },
  added_tokens_decoder: { 256: { content: '<bos>', special: true } },
  chat_template: [{ name: 'default', template: "{{ bos_token }}{{ messages[0]['content'] }}" }],
});
const templates: string[] = JSON.parse(fixture('chat_templates.json').toString()).cases.map(
  ({ template }: { template: string }) => template,
);
const adapters = ['lora', 'patterns', 'dora'].map((name) => fixture(`adapters/${name}/adapter_config.json`).toString());
const generation = JSON.stringify({ eos_token_id: [0, 2], bos_token_id: 1, do_sample: true, temperature: 0.6 });
const tree = JSON.stringify({
  format_version: 1,
  files: {
    'config.json': { size: 612, blob_id: '0'.repeat(40) },
    'model.safetensors': { size: 134, blob_id: '1'.repeat(40), lfs_sha256: '2'.repeat(64), lfs_size: 70_000 },
    'a/tokenizer.json': { size: 9, blob_id: '3'.repeat(40), xet_hash: '4'.repeat(64) },
  },
});
const commit = 'c'.repeat(40);

/** A tokenizer's files beside the one that is damaged. */
function tokenizerFiles(path: string) {
  const folder = dirname(path);
  const beside = join(folder, 'honest.json');
  if (!existsSync(beside)) writeFileSync(beside, tokenizers[0]);
  const own = (name: string) => (basename(path) === name ? path : undefined);
  return {
    config: {},
    tokenizerFile: own('tokenizer.json') ?? beside,
    tokenizerConfigFile: own('tokenizer_config.json'),
    specialTokensMapFile: own('special_tokens_map.json'),
  };
}

async function checkTokenizer(path: string): Promise<void> {
  const tokenizer = await loadTokenizer(tokenizerFiles(path));
  const ids = tokenizer.encode(' What is 12 + 30? <eos> été 🟥\n');
  if (!ids.every((id) => Number.isSafeInteger(id) && id >= 0)) throw new Error(`ids ${ids}`);
  tokenizer.decode(ids);
}

/** Pieces of other templates between those of one, and damage: Jinja's structure mostly stays. */
function spoiltTemplate(next: Random): Buffer {
  const pieces = pick(next, templates).split(/(?=\{[{%])/);
  const others = pick(next, templates).split(/(?=\{[{%])/);
  if (next(2)) pieces.splice(next(pieces.length + 1), next(3), pick(next, others));
  const made = Buffer.from(pieces.join(''));
  return next(2) ? damage(made, next) : made;
}

export const modelReaders: Reader[] = [
  {
    name: 'config.json',
    make: (next) => spoiltJson(next, pick(next, configs)),
    async read(path) {
      const { contextLength, vocabularySize, ...model } = describeModel(await readJsonObject(path));
      if (!(contextLength > 0 && vocabularySize > 0)) throw new Error(`${contextLength}, ${vocabularySize}`);
      JSON.stringify(model);
    },
  },
  { name: 'tokenizer.json', make: (next) => spoiltJson(next, pick(next, tokenizers)), read: checkTokenizer },
  {
    name: 'tokenizer_config.json',
    make: (next) => spoiltJson(next, settings),
    async read(path) {
      await checkTokenizer(path);
      await findChatTemplate(tokenizerFiles(path));
    },
  },
  {
    name: 'special_tokens_map.json',
    make: (next) => spoiltJson(next, settings),
    read: checkTokenizer,
  },
  {
    name: 'chat_template.jinja',
    isBounded: true,
    make: spoiltTemplate,
    async read(path) {
      const text = await readFile(path, 'utf8');
      try {
        const write = compileChatTemplate({ text, file: path, specialTokens: { bos_token: '<s>' } });
        write([{ role: 'user', content: 'What is 12 + 30?' }]);
      } catch (error) {
        // `withChatTemplate` makes our own error of whatever its thread throws.
        throw new HonEvalError('checkpoint', reason(error).slice(0, 100));
      }
    },
  },
  {
    name: 'generation_config.json',
    make: (next) => spoiltJson(next, generation),
    async read(path) {
      await endTokens({ config: {}, generationConfigFile: path }, {});
    },
  },
  {
    name: 'adapter_config.json',
    make: (next) => spoiltJson(next, spoiltPatterns(next)),
    async read(path) {
      const config = parseAdapterConfig(await readJsonObject(path), path);
      if (!Number.isFinite(config.scale('model.layers.1.self_attn.q_proj', 8))) throw new Error('a scale that is none');
    },
  },
  {
    name: 'tree.json',
    make: (next) => spoiltJson(next, tree),
    async read(path) {
      const cache = new RepositoryCache(dirname(path), { type: 'model', name: 'made/up', revision: 'main' });
      const folder = join(cache.folder, 'trees');
      mkdirSync(folder, { recursive: true });
      copyFileSync(path, join(folder, `${commit}.json`));
      const files = await cache.readTree(commit);
      // Then the hub is asked.
      if (!files) throw new HonEvalError('network', 'no listing');
      for (const file of files) await cache.stateOf(commit, file);
    },
  },
];

/** An adapter's settings with damaged regular expressions. */
function spoiltPatterns(next: Random): string {
  const config = JSON.parse(pick(next, adapters));
  const pattern = pick(next, ['.*\\.1\\.self_attn\\.q_proj', '(a|b|q_proj)', 'layers\\.[0-9]+\\.(q|k)_proj', '(x+)+']);
  const spoilt = next(2) ? damage(Buffer.from(pattern), next).toString('latin1') : pattern;
  return JSON.stringify({ ...config, alpha_pattern: { ...config.alpha_pattern, [spoilt]: 1 + next(9) } });
}
