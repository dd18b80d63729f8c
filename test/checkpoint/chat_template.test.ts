import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import {
  type ChatMessage,
  findChatTemplate,
  type RenderOptions,
  withChatTemplate,
} from '../../src/checkpoint/chat_template.ts';

interface Fixture {
  now: [number, number, number, number, number, number];
  specialTokens: Record<string, string>;
  cases: { name: string; template: string; messages: ChatMessage[]; text: string | null }[];
}
// Written by test/python/chat_templates.py.
const fixture: Fixture = JSON.parse(readFileSync(new URL('../fixtures/chat_templates.json', import.meta.url), 'utf8'));
const [year, month, ...rest] = fixture.now;
const now = new Date(year, month - 1, ...rest);
const { specialTokens } = fixture;
const question: ChatMessage[] = [{ role: 'user', content: 'Why?' }];

/** Conversations as a template writes them. */
function write(text: string, chats: ChatMessage[][], options: RenderOptions = {}): Promise<string[]> {
  return withChatTemplate({ text, file: 'made', specialTokens }, options, async (write) => {
    const texts: string[] = [];
    for (const chat of chats) texts.push(await write(chat));
    return texts;
  });
}

describe('withChatTemplate', () => {
  const byTemplate = Map.groupBy(fixture.cases, ({ template }) => template);
  it.each([...byTemplate])('writes what transformers writes: %#', async (text, cases) => {
    const good = cases.filter((chat) => chat.text !== null);
    const messages = good.map((chat) => chat.messages);
    const rendered = await write(text, messages, { now });
    expect(rendered).toEqual(good.map((chat) => chat.text));
    for (const bad of cases.filter((chat) => chat.text === null))
      await expect(write(text, [bad.messages], { now })).rejects.toMatchObject({ kind: 'checkpoint' });
  });

  it.each([
    ['raises', "{{ raise_exception('No.') }}", 'Cannot read made: its chat template fails (No).'],
    ['is malformed', '{% if %}', 'Cannot read made: its chat template fails ('],
    [
      'loops',
      '{% for i in range(90000) %}{% for j in range(90000) %}{% endfor %}{% endfor %}',
      'does not end within 1 s',
    ],
    ['is nested too deeply', `{{ ${'('.repeat(100_000)}`, 'its chat template fails ('],
    ['makes a giant list', '{% for i in range(100000000000) %}{% endfor %}', 'range of 100000000000 numbers'],
    [
      'makes a giant text',
      "{% set ns = namespace(x='ab') %}{% for i in range(60) %}{% set ns.x = ns.x + ns.x %}{% endfor %}{{ ns.x }}",
      'its chat template ',
    ],
    [
      'writes a long text',
      "{% set m = 'a text of some fifty characters, or so it appears' %}{% for i in range(100000) %}{{ m + m + m + m }}{% endfor %}",
      'it writes 19600000 characters',
    ],
  ])('refuses a template that %s', async (_, text, message) => {
    // Only what loops is to meet the limit, however busy the machine is.
    const timeLimit = message.includes('within 1 s') ? 1 : 30;
    const rendering = write(text, [question], { timeLimit });
    await expect(rendering).rejects.toMatchObject({ kind: 'checkpoint', message: expect.stringContaining(message) });
  });

  it('stops when it is told to', async () => {
    const abort = new AbortController();
    const text = '{% for i in range(90000) %}{% for j in range(90000) %}{% endfor %}{% endfor %}';
    const rendering = write(text, [question], { signal: abort.signal });
    setTimeout(() => abort.abort(new Error('stopped')), 50);
    await expect(rendering).rejects.toThrow('stopped');
  });
});

describe('findChatTemplate', () => {
  const folder = mkdtempSync(join(tmpdir(), 'chat-template-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  function find(tokenizerConfig: object, jinja?: string) {
    const tokenizerFile = join(folder, 'tokenizer.json');
    const tokenizerConfigFile = join(folder, 'tokenizer_config.json');
    writeFileSync(tokenizerFile, '{}');
    const chatTemplateFile = join(folder, 'chat_template.jinja');
    writeFileSync(tokenizerConfigFile, JSON.stringify(tokenizerConfig));
    if (jinja !== undefined) writeFileSync(chatTemplateFile, jinja);
    const config = { model_type: 'qwen2' };
    return findChatTemplate({
      config,
      tokenizerFile,
      tokenizerConfigFile,
      ...(jinja !== undefined && { chatTemplateFile }),
    });
  }

  it('takes the text of tokenizer_config.json, with the special tokens', async () => {
    const eos = { content: '<end>', lstrip: false };
    expect(await find({ chat_template: 'T', eos_token: eos, bos_token: null })).toEqual({
      text: 'T',
      file: join(folder, 'tokenizer_config.json'),
      specialTokens: { eos_token: '<end>', unk_token: '<|endoftext|>', pad_token: '<|endoftext|>' },
    });
  });

  it('takes the default of several', async () => {
    const several = [
      { name: 'tool_use', template: 'A' },
      { name: 'default', template: 'B' },
    ];
    expect(await find({ chat_template: several })).toMatchObject({ text: 'B' });
    await expect(find({ chat_template: several.slice(0, 1) })).rejects.toMatchObject({
      kind: 'checkpoint',
      message: expect.stringContaining('to be named default, got tool_use.'),
    });
    await expect(find({ chat_template: 3 })).rejects.toMatchObject({ kind: 'checkpoint' });
  });

  it('prefers chat_template.jinja', async () => {
    expect(await find({ chat_template: 'T' }, 'J\n')).toMatchObject({
      text: 'J\n',
      file: join(folder, 'chat_template.jinja'),
    });
  });

  it('finds none', async () => {
    expect(await find({})).toBeNull();
    expect(await findChatTemplate({ config: {}, tokenizerFile: 'nowhere' })).toBeNull();
  });
});
