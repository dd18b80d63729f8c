/** How many items have each name, the most frequent first. */
export function countBy<T>(items: readonly T[], name: (item: T) => string): Record<string, number> {
  const groups = [...Map.groupBy(items, name)].sort(([, a], [, b]) => b.length - a.length);
  return Object.fromEntries(groups.map(([key, { length }]) => [key, length]));
}

/** `graded 12, no answer 1` */
export function describeCounts(counts: Readonly<Record<string, number>>): string {
  return Object.entries(counts)
    .map(([name, count]) => `${name.replaceAll('_', ' ')} ${count}`)
    .join(', ');
}
