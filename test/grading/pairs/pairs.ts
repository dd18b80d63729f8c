/** What is the same answer and what is not, by kind: [gold, answer]. */
export interface Pairs {
  same: readonly (readonly [string, string])[];
  different: readonly (readonly [string, string])[];
}
