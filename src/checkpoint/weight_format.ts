/** What kind of thing a folder or a repository is, by the names of what is in it. */
import { HonEvalError } from '../errors.ts';

/** What weights are read from: one file, or an index of several. In transformers' order of preference. */
const weightFormats = [
  'model.safetensors',
  'model.safetensors.index.json',
  'pytorch_model.bin',
  'pytorch_model.bin.index.json',
] as const;
export type WeightFormat = (typeof weightFormats)[number];

export function isIndex(format: WeightFormat): boolean {
  return format.endsWith('.index.json');
}

const expected = `expected ${weightFormats.slice(0, -1).join(', ')} or ${weightFormats.at(-1)}`;

/** Something that is no model which can be read as it is. */
interface OtherKind {
  /** Its files or folders among `entries`, by which it is known. */
  find(entries: readonly string[]): string[];
  /** What it is and what to do, after "The weights of NAME cannot be read: ". */
  says(found: readonly string[], name: string): string;
}

const byPattern = (pattern: RegExp) => (entries: readonly string[]) => entries.filter((entry) => pattern.test(entry));

const otherKinds: OtherKind[] = [
  {
    find: byPattern(/^checkpoint-\d+$/),
    says: (found, name) => {
      const last = found.toSorted((a, b) => a.localeCompare(b, 'en', { numeric: true })).at(-1);
      return `this is a trainer's output, with a model in each of ${list(found)}; name one of them, such as ${name}/${last}`;
    },
  },
  {
    find: byPattern(/^(global_step\d+|latest)$/),
    says: () =>
      'this is a checkpoint of DeepSpeed, split among its processes; put it together with the zero_to_fp32.py that lies in it',
  },
  {
    find: byPattern(/\.(bin|pth?|ckpt|h5|msgpack)$/),
    says: (found, name) =>
      `found ${list(found)}; convert them with Python's transformers: ` +
      `AutoModelForCausalLM.from_pretrained(${python(name)}).save_pretrained("FOLDER")`,
  },
  {
    find: byPattern(/\.safetensors$/),
    says: (found) => `${expected}, found ${list(found)}; rename a file that is the whole model`,
  },
];

/**
 * Whether weights are read from one file or by an index, in transformers' order of preference.
 * @param files Paths of what is in the model's folder or repository.
 * @throws `checkpoint` where they can be read from neither: what is there instead, and what to do.
 */
export function weightFormat(name: string, files: readonly string[]): WeightFormat {
  const format = weightFormats.find((file) => files.includes(file));
  if (format) return format;
  const entries = [...new Set(files.map((file) => file.split('/', 1)[0]))].sort();
  for (const { find, says } of otherKinds) {
    const found = find(entries);
    if (found.length > 0) throw unreadable(name, says(found, name));
  }
  throw unreadable(name, `${expected}, found no weights`);
}

function unreadable(name: string, why: string): HonEvalError {
  return new HonEvalError('checkpoint', `The weights of ${name} cannot be read: ${why}.`);
}

function list(names: readonly string[]): string {
  return names.slice(0, 3).join(', ') + (names.length > 3 ? ', …' : '');
}

/** A model's name as arguments of `from_pretrained`. */
export function python(name: string): string {
  return `"${name.replace('@', '", revision="')}"`;
}
