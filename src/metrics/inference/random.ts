/**
 * Numbers in [0, 1) that depend on the seed alone: sfc32 (Chris Doty-Humphrey's small fast counting generator, as in
 * PractRand), started from a text by FNV-1a so that streams of different names are apart.
 */
export function randomStream(seed: string): () => number {
  let a = hash(seed, 0);
  let b = hash(seed, 1);
  let c = hash(seed, 2);
  let counter = 1;
  function next(): number {
    const sum = (a + b + counter++) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + sum;
    return (sum >>> 0) / 2 ** 32;
  }
  for (let i = 0; i < 15; i++) next();
  return next;
}

function hash(text: string, start: number): number {
  let state = 0x811c9dc5 ^ start;
  for (let i = 0; i < text.length; i++) state = Math.imul(state ^ text.charCodeAt(i), 0x01000193);
  return state;
}
