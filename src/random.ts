import { createHash } from 'node:crypto';

/**
 * Random numbers from the standard normal distribution that depend on the seed and the name alone, on every machine.
 * @returns A function that fills an array with the next ones.
 */
export function normalNumbers(seed: number, name: string): (target: Float32Array) => void {
  const next = uniformBits(createHash('sha256').update(`${seed}\n${name}`).digest());
  let spare: number | undefined;
  return (target) => {
    for (let i = 0; i < target.length; i++) {
      if (spare !== undefined) {
        target[i] = spare;
        spare = undefined;
        continue;
      }
      // Box and Muller 1958; the logarithm's argument is above 0.
      const radius = Math.sqrt(-2 * Math.log((next() + 1) / 2 ** 32));
      const angle = 2 * Math.PI * (next() / 2 ** 32);
      target[i] = radius * Math.cos(angle);
      spare = radius * Math.sin(angle);
    }
  };
}

/**
 * Uniform numbers in [0, 1) that depend on the parts alone: xoshiro128** (Blackman and Vigna 2018), started from their
 * sha256, so that no two streams overlap in practice.
 */
export function uniformStream(...parts: (string | number)[]): () => number {
  const next = uniformBits(createHash('sha256').update(JSON.stringify(parts)).digest());
  return () => next() / 2 ** 32;
}

/** Whole numbers below 2^32 by xoshiro128**, its state being the first 16 bytes of `seed`. */
function uniformBits(seed: Buffer): () => number {
  let [a, b, c, d] = [0, 4, 8, 12].map((at) => seed.readInt32LE(at));
  return () => {
    const product = Math.imul(b, 5);
    const result = Math.imul((product << 7) | (product >>> 25), 9) >>> 0;
    const shifted = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= shifted;
    d = (d << 11) | (d >>> 21);
    return result;
  };
}
