import { describe, expect, it } from 'vitest';
import { weightFormat } from '../../src/checkpoint/weight_format.ts';

describe('weightFormat', () => {
  it.each([
    [['model.safetensors', 'model.safetensors.index.json', 'adapter_config.json'], 'model.safetensors'],
    [['config.json', 'model.safetensors.index.json', 'shards/a.safetensors'], 'model.safetensors.index.json'],
    [['checkpoint-500', 'model.safetensors'], 'model.safetensors'],
  ])('of %j is %s', (files, format) => {
    expect(weightFormat('x', files)).toBe(format);
  });

  it.each([
    [
      ['checkpoint-1000/config.json', 'checkpoint-500/config.json'],
      /trainer's output, .* such as x\/checkpoint-1000\./,
    ],
    [['global_step10', 'latest', 'zero_to_fp32.py'], /DeepSpeed, .* zero_to_fp32\.py/],
    [['config.json', 'model.bin'], /found model\.bin; convert them .*from_pretrained\("x"\)/],
    [
      ['a.safetensors', 'b.safetensors'],
      /expected model\.safetensors, .*, found a\.safetensors, b\.safetensors; rename/,
    ],
    [['README.md'], /found no weights/],
  ])('refuses %j: what it is, and what to do', (files, message) => {
    expect(() => weightFormat('x', files)).toThrow(
      expect.objectContaining({ kind: 'checkpoint', message: expect.stringMatching(message) }),
    );
  });

  it('writes a revision as Python has it', () => {
    expect(() => weightFormat('a/b@c', ['x.bin'])).toThrow('from_pretrained("a/b", revision="c")');
  });
});
