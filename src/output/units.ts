/** `1 model`, `2,000 models`. */
export function counted(number: number, what: string): string {
  return `${number.toLocaleString('en')} ${what}${number === 1 ? '' : 's'}`;
}

/** Three digits and a unit: `162 M`, `1.54 B`. */
export function readableCount(count: number): string {
  return scaled(count, 1000, ['', 'K', 'M', 'B', 'T']);
}

/** Three digits and a unit: `930 MiB`, `14.2 GiB`. */
export function readableBytes(bytes: number): string {
  return scaled(bytes, 1024, ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB']);
}

/** The unit in which a number of operations has one to three digits before the point. */
export function flopUnit(flops: number): { name: string; size: number } {
  const names = ['FLOP', 'kFLOP', 'MFLOP', 'GFLOP', 'TFLOP', 'PFLOP', 'EFLOP'];
  let unit = 0;
  while (flops >= 1000 ** (unit + 1) && unit < names.length - 1) unit++;
  return { name: names[unit], size: 1000 ** unit };
}

function scaled(value: number, step: number, units: readonly string[]): string {
  let unit = 0;
  let rest = value;
  // 999.5 would print as 1000.
  while (rest >= (unit === 0 ? step : 999.5) && unit < units.length - 1) {
    rest /= step;
    unit++;
  }
  const digits = unit === 0 || rest >= 99.95 ? 0 : rest >= 9.995 ? 1 : 2;
  return `${rest.toFixed(digits)} ${units[unit]}`.trimEnd();
}
