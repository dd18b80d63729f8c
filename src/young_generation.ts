/**
 * V8 gives objects that may soon be gone the more room the longer a process works, up to 128 MiB. Long lists pass through it
 * part by part: more room makes them no faster, only takes memory.
 */
import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8';

/** Bytes that it may have, about. */
const enough = 2 ** 25;

/** MiB of a half of it that threads begin with: what one stops, all do. */
const halfOfThreads = 8;

/** By how much it grows whenever it does; nothing until a program asks for a bound. */
let growth: 1 | 2 | undefined;

/** Has `watchYoungGeneration` bound it, for all threads: only a program that has its process to itself may ask for that. */
export function boundYoungGeneration(): void {
  setFlagsFromString(`--min-semi-space-size=${halfOfThreads}`);
  growth = 2;
}

/** To be called now and then by what has many objects come and go. */
export function watchYoungGeneration(): void {
  if (growth === undefined) return;
  const young = getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space');
  // V8 makes it smaller where little happens: then it may grow again.
  const wanted = young && young.space_size >= enough ? 1 : 2;
  if (wanted !== growth) setFlagsFromString(`--semi-space-growth-factor=${wanted}`);
  growth = wanted;
}
