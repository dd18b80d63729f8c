/** Progress on stderr: one line that is written over on a terminal, plain lines elsewhere. */
import { plainText, withoutCommands } from './plain_text.ts';
import { fitted } from './wrap.ts';

export interface ProgressSink {
  isTTY?: boolean;
  columns?: number;
  write(text: string): unknown;
}

/** Milliseconds between two drawings of the line. */
const redrawInterval = 100;

/** Shows one activity after the other: `label done/total unit, rate, time left`. */
export class Progress {
  readonly #sink: ProgressSink;
  readonly #now: () => number;
  #label = '';
  #started = 0;
  /** Done when it started. */
  #before = 0;
  #drawn = 0;
  #lineOpen = false;

  constructor(sink: ProgressSink, now = () => performance.now()) {
    this.#sink = sink;
    this.#now = now;
  }

  /**
   * Shows how far `label` is; a plain sink gets a line only when it is complete.
   * @param format What is said between the label and the time, given what is done a second, and the seconds. On a
   *   narrow terminal the last of it are left out.
   */
  update(label: string, done: number, total: number, format: (rate: number, seconds: number) => string[]): void {
    const now = this.#now();
    if (label !== this.#label) {
      this.#label = label;
      this.#started = now;
      this.#before = done;
      this.#drawn = Number.NEGATIVE_INFINITY;
    }
    const complete = done >= total;
    if (!complete && (!this.#sink.isTTY || now - this.#drawn < redrawInterval)) return;
    this.#drawn = now;
    const seconds = (now - this.#started) / 1000;
    const rate = seconds > 0 ? (done - this.#before) / seconds : 0;
    const timing = complete ? `${duration(seconds)}` : rate > 0 ? `${duration((total - done) / rate)} left` : '';
    const details = format(rate, seconds);
    const line = () => `${plainText(label)}  ${[...details, timing].filter(Boolean).join(', ')}`;
    while (!complete && details.length > 1 && line().length > this.#width) details.pop();
    this.#line(line(), complete);
  }

  /** A line that stays. */
  notice(message: string): void {
    const text = plainText(message);
    this.#line(this.#sink.isTTY ? fitted(text, this.#width) : text, true);
  }

  /** Leaves a half-drawn line behind, so that what follows starts on its own. */
  close(): void {
    if (this.#lineOpen) this.#sink.write('\n');
    this.#lineOpen = false;
  }

  get #width(): number {
    return (this.#sink.columns || 80) - 1;
  }

  #line(text: string, stays: boolean): void {
    if (!this.#sink.isTTY) {
      this.#sink.write(`${withoutCommands(text)}\n`);
      return;
    }
    this.#sink.write(`\r\x1b[2K${stays ? text : [...text].slice(0, this.#width).join('')}${stays ? '\n' : ''}`);
    this.#lineOpen = !stays;
  }
}

/** Seconds as people say them: `0.4 s`, `12 s`, `3 min 20 s`, `2 h 5 min`. */
export function duration(seconds: number): string {
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}
