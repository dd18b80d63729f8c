/** What the hub, or whoever answers in its place, may take. Times are in milliseconds. */
export const limits = {
  /** Pauses before it is asked again, while nothing arrives. */
  pauses: [500, 2_000, 8_000],
  /** The longest pause that it may ask for itself. */
  longestPause: 600_000,
  /** How long nothing may arrive before a connection counts as stalled. */
  stall: 20_000,
  /** Bytes of an answer about a repository, unpacked; a page of a listing has some 300,000. */
  answerBytes: 32 * 2 ** 20,
  /** Pages of a listing, of 1,000 files each. */
  listingPages: 500,
  /** Times that a file is begun again because the storage does not go on where it broke. */
  restarts: 3,
};
