/** The thread of a `LimitedEncoder`. Patterns that tokenizer.json brings are the library's to translate. */
import { workerData } from 'node:worker_threads';
import { Tokenizer } from '@huggingface/tokenizers';
import { reason } from '../../errors.ts';
import { escapeForPattern } from './added_tokens.ts';
import { type LimitedAnswer, type LimitedData, type LimitedQuestion, stageNames } from './limited.ts';
import { createPipeline, type Pipeline } from './pipeline.ts';
import type { NormalizerDefinition, PreTokenizerDefinition } from './schema.ts';
import { type RareStages, split } from './text_stages.ts';

const { definition, file, port, answers, stage } = workerData as LimitedData;

/** Characters; a text that grows beyond is longer than any model's window. */
const longestText = 2 ** 22;

const rare: RareStages = {
  normalizer(definition) {
    const { pattern, content } = definition as Extract<NormalizerDefinition, { type: 'Replace' }>;
    const words = at('normalizer', () =>
      'String' in pattern ? new RegExp(escapeForPattern(pattern.String), 'gu') : translate(pattern),
    );
    return (text) => at('normalizer', () => replace(text, words, content));
  },
  cut(definition) {
    const { pattern, behavior, invert } = definition as Extract<PreTokenizerDefinition, { type: 'Split' }>;
    const words = at('pre_tokenizer', () => translate(pattern as { Regex: string }));
    return (section) => at('pre_tokenizer', () => split(section, words, behavior, invert));
  },
};

/** One match after the other, as all of them at once may take more memory than there is. */
function replace(text: string, pattern: RegExp, content: string): string {
  let replaced = '';
  let end = 0;
  for (const { 0: match, index } of text.matchAll(pattern)) {
    replaced += text.slice(end, index) + content;
    end = index + match.length;
    if (replaced.length > longestText) throw new Error(`it makes more than ${longestText} characters of a text`);
  }
  return replaced + text.slice(end);
}

/** The library's translation of Oniguruma's patterns to JavaScript's, which have no flags within. */
function translate({ Regex: source }: { Regex: string }): RegExp {
  const pattern = { Regex: source.replace(/^\(\?i\)/, '') };
  const library = new Tokenizer(
    {
      ...{ version: '1.0', added_tokens: [], pre_tokenizer: null, post_processor: null, decoder: null },
      normalizer: { type: 'Replace', pattern, content: '' },
      model: { type: 'BPE', vocab: {}, merges: [] },
    },
    {},
  );
  const translated: RegExp = library.normalizer.pattern;
  return pattern.Regex === source ? translated : new RegExp(translated, `${translated.flags}i`);
}

/** Notes which stage a computation is; what throws leaves its own. */
function at<T>(name: (typeof stageNames)[number], compute: () => T): T {
  Atomics.store(stage, 0, stageNames.indexOf(name));
  const result = compute();
  Atomics.store(stage, 0, 0);
  return result;
}

let pipeline: Pipeline | undefined;

function answer({ text, options }: LimitedQuestion): LimitedAnswer {
  try {
    pipeline ??= createPipeline(definition, file, rare);
    return { ids: pipeline.encode(text, options) };
  } catch (error) {
    return { problem: reason(error).replace(/\.$/, '') };
  }
}

port.on('message', (question: LimitedQuestion) => {
  port.postMessage(answer(question));
  Atomics.add(answers, 0, 1);
  Atomics.notify(answers, 0);
});
