/** Three decimals, without the zero before the point: `.208`. */
export function formatFigure(value: number): string {
  return value.toFixed(3).replace(/^(-?)0\./, '$1.');
}

/** `+.012 to +.034`; a dash, or another text, for none. */
export function formatInterval(interval: readonly [low: number, high: number] | null, none = '–'): string {
  return interval ? `${formatDifference(interval[0])} to ${formatDifference(interval[1])}` : none;
}

/** With its sign: `+.012`, `-.003`, and `.000` for what rounds to nothing. */
export function formatDifference(value: number): string {
  const text = formatFigure(value);
  if (Number(text) === 0) return '.000';
  return value > 0 ? `+${text}` : text;
}
