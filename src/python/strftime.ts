const days = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
const months = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
];

const directives: Record<string, (date: Date) => string> = {
  '%': () => '%',
  a: (date) => days[date.getDay()].slice(0, 3),
  A: (date) => days[date.getDay()],
  b: (date) => months[date.getMonth()].slice(0, 3),
  B: (date) => months[date.getMonth()],
  d: (date) => padded(date.getDate(), 2),
  F: (date) => strftime(date, '%Y-%m-%d'),
  H: (date) => padded(date.getHours(), 2),
  I: (date) => padded(date.getHours() % 12 || 12, 2),
  j: (date) => padded(dayOfYear(date), 3),
  m: (date) => padded(date.getMonth() + 1, 2),
  M: (date) => padded(date.getMinutes(), 2),
  p: (date) => (date.getHours() < 12 ? 'AM' : 'PM'),
  S: (date) => padded(date.getSeconds(), 2),
  T: (date) => strftime(date, '%H:%M:%S'),
  y: (date) => padded(date.getFullYear() % 100, 2),
  Y: (date) => padded(date.getFullYear(), 4),
};

/** Local time as Python's `datetime.strftime` writes it in the C locale; directives that it does not know stay. */
export function strftime(date: Date, format: string): string {
  return format.replace(/%(.)/gsu, (directive, letter) => directives[letter]?.(date) ?? directive);
}

function padded(value: number, digits: number): string {
  return String(value).padStart(digits, '0');
}

function dayOfYear(date: Date): number {
  const start = Date.UTC(date.getFullYear(), 0, 1);
  return (Date.UTC(date.getFullYear(), date.getMonth(), date.getDate()) - start) / 86_400_000 + 1;
}
