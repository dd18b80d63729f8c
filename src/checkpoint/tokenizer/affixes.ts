import { quote } from '../safetensors/header.ts';
import { type PostProcessorDefinition, unusable } from './schema.ts';

/** Tokens that a tokenizer adds before and after every text. */
export interface Affixes {
  before: number[];
  after: number[];
}

/** Throws a `checkpoint` error where a template is for anything but one text. */
export function createAffixes(definition: PostProcessorDefinition | null | undefined, file: string): Affixes {
  if (!definition || definition.type === 'ByteLevel') return { before: [], after: [] };
  if (definition.type === 'TemplateProcessing') return template(definition, file);
  // Each one adds its tokens around those of the one before.
  if (definition.type === 'Sequence')
    return definition.processors
      .map((processor) => createAffixes(processor, file))
      .reduce(
        (inner, outer) => ({
          before: [...outer.before, ...inner.before],
          after: [...inner.after, ...outer.after],
        }),
        { before: [], after: [] },
      );
  return { before: [definition.cls[1]], after: [definition.sep[1]] };
}

function template(
  { single, special_tokens: tokens }: Extract<PostProcessorDefinition, { type: 'TemplateProcessing' }>,
  file: string,
): Affixes {
  const key = 'post_processor.single';
  const texts = single.flatMap((part, i) => ('Sequence' in part ? [{ id: part.Sequence.id, i }] : []));
  if (texts.length !== 1 || texts[0].id !== 'A') throw unusable(file, key, 'it is not a template of one text');
  const ids = single.map((part) => {
    if ('Sequence' in part) return [];
    const { id } = part.SpecialToken;
    if (!Object.hasOwn(tokens, id)) throw unusable(file, key, `there are no ids for ${quote(id)}`);
    return tokens[id].ids;
  });
  return { before: ids.slice(0, texts[0].i).flat(), after: ids.slice(texts[0].i + 1).flat() };
}
