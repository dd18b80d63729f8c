import { stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { HonEvalError } from '../errors.ts';
import { refuseGitLfsPointer } from './files.ts';
import { onlyGguf, openGgufPlace } from './gguf/open.ts';
import { type OpenOptions, type OpenPlace, openPlace } from './place.ts';
import type { Checkpoint } from './types.ts';
import { python } from './weight_format.ts';

export type TokenizerFiles = Pick<
  Checkpoint,
  'tokenizerFile' | 'tokenizerConfigFile' | 'specialTokensMapFile' | 'chatTemplateFile'
>;

const files = /^(tokenizer|tokenizer_config|special_tokens_map)\.json$|^chat_template\./;

/** The tokenizer of a place, which has to be there, and what may be beside it. */
export async function findTokenizer(name: string, place: OpenPlace): Promise<TokenizerFiles> {
  const tokenizerFile = ifThere(place, 'tokenizer.json');
  if (tokenizerFile === undefined) {
    const make = `AutoTokenizer.from_pretrained(${python(name)}).save_pretrained("FOLDER")`;
    const also = place.files.includes('tokenizer.model')
      ? ', sentencepiece and protobuf, from its tokenizer.model'
      : '';
    const message = `The model ${name} has no tokenizer.json; make one with Python's transformers${also}: ${make}.`;
    throw new HonEvalError('checkpoint', message);
  }
  await refuseGitLfsPointer(tokenizerFile);
  return {
    tokenizerFile,
    tokenizerConfigFile: ifThere(place, 'tokenizer_config.json'),
    specialTokensMapFile: ifThere(place, 'special_tokens_map.json'),
    chatTemplateFile: ifThere(place, 'chat_template.jinja'),
  };
}

/** A tokenizer by what the user calls it: a model that has it, or the file tokenizer.json or a GGUF file itself. */
export async function openTokenizer(spec: string, options: OpenOptions): Promise<TokenizerFiles> {
  const gguf = await openGgufPlace(spec, options);
  if (gguf) return ofGguf(gguf.place, gguf.file);
  const isFile = (await stat(spec).catch(() => undefined))?.isFile() && basename(spec) === 'tokenizer.json';
  const wanted = { select: (path: string) => files.test(path), optional: (path: string) => path !== 'tokenizer.json' };
  const place = await openPlace(isFile ? dirname(spec) : spec, wanted, options);
  const file = place.files.includes('tokenizer.json') ? undefined : onlyGguf(spec, place);
  return file === undefined ? findTokenizer(spec, place) : ofGguf(place, file);
}

async function ofGguf(place: OpenPlace, file: string): Promise<TokenizerFiles> {
  await place.fetch([file]);
  const path = join(place.folder, file);
  return {
    ...{ tokenizerFile: path, tokenizerConfigFile: path },
    ...{ specialTokensMapFile: undefined, chatTemplateFile: undefined },
  };
}

export function ifThere({ folder, files }: OpenPlace, file: string): string | undefined {
  return files.includes(file) ? join(folder, file) : undefined;
}
