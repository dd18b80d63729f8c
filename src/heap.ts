/**
 * V8 gives a heap the more room the longer its process works: objects that may soon be gone up to 128 MiB, and the others
 * several times what was in use when they were collected last. Long lists pass through part by part: more room makes them
 * no faster, only takes memory.
 */
import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8';

/** Bytes that the young generation may have, about. */
const enough = 2 ** 22;

/** MiB of a half of it that threads begin with: what one stops, all do. */
const halfOfThreads = 2;

/** By how many percent the old generation may outgrow what was in use, before it is collected again. */
const oldGrowth = 20;

/** By how much the young generation grows whenever it does; nothing until a program asks for a bound. */
let growth: 1 | 2 | undefined;

/** Has `watchHeap` bound it, for all threads: only a program that has its process to itself may ask for that. */
export function boundHeap(): void {
  setFlagsFromString(`--min-semi-space-size=${halfOfThreads}`);
  setFlagsFromString(`--heap-growing-percent=${oldGrowth}`);
  growth = 2;
}

/** To be called now and then by what has many objects come and go. */
export function watchHeap(): void {
  if (growth === undefined) return;
  const young = getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space');
  // V8 makes it smaller where little happens: then it may grow again.
  const wanted = young && young.space_size >= enough ? 1 : 2;
  if (wanted !== growth) setFlagsFromString(`--semi-space-growth-factor=${wanted}`);
  growth = wanted;
}
