/**
 * V8 gives objects that may soon be gone the more room the longer a process works, up to 128 MiB. Long lists pass through it
 * part by part: more room makes them no faster, only takes memory.
 */
import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8';

/** Bytes that it may have, about. */
const enough = 2 ** 25;

/** MiB of a half of it that threads begin with, as theirs stops growing too. */
const halfOfThreads = 8;

let isBounded: boolean | undefined;

/** Has `watchYoungGeneration` bound it, for all threads: only a program that has its process to itself may ask for that. */
export function boundYoungGeneration(): void {
  isBounded ??= false;
}

/** To be called now and then by what has many objects come and go. */
export function watchYoungGeneration(): void {
  if (isBounded !== false) return;
  const young = getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space');
  if (!young || young.space_size < enough) return;
  setFlagsFromString(`--min-semi-space-size=${halfOfThreads}`);
  setFlagsFromString('--semi-space-growth-factor=1');
  isBounded = true;
}
