/** Seconds that each stage of a run took; stages may overlap. */
export class StageClock {
  readonly seconds: Record<string, number> = {};

  copy(): StageClock {
    const clock = new StageClock();
    Object.assign(clock.seconds, this.seconds);
    return clock;
  }

  add(stage: string, seconds: number): void {
    this.seconds[stage] = (this.seconds[stage] ?? 0) + seconds;
  }

  /** Adds the time until `work` settles. */
  async time<T>(stage: string, work: Promise<T>): Promise<T> {
    const started = performance.now();
    try {
      return await work;
    } finally {
      this.add(stage, (performance.now() - started) / 1000);
    }
  }
}
