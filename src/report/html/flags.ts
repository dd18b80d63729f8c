/** Bits of what a model wrote to a document: one of its texts was ended by a limit, in one no answer was found. */
export const flags = { cutOff: 1, noAnswer: 2 } as const;
