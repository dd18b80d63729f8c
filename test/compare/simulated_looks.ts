import { judgePairs } from '../../src/compare/gate/checks.ts';
import type { GateConfig } from '../../src/compare/gate/config.ts';
import { Looks, type planLooks } from '../../src/compare/gate/looks.ts';
import { pairSoFar } from '../../src/compare/gate/pair_so_far.ts';
import type { BenchmarkPair } from '../../src/compare/pairing.ts';

/** What a gate says of documents that come in, and the share of them at which it says so. */
export function lookAt(pairs: readonly BenchmarkPair[], config: GateConfig, plan: ReturnType<typeof planLooks>) {
  const looks = new Looks(plan);
  while (true) {
    const look = looks.next();
    const soFar = pairs.map(({ benchmark, first, size, scores }) => {
      const cut = (all: number[]) => all.slice(0, Math.ceil(look.share * size!));
      return pairSoFar(benchmark, first, { first: cut(scores!.first), second: cut(scores!.second) });
    });
    const checks = judgePairs(soFar, config, { overall: true, look });
    const verdict = looks.settled(checks, config.alpha);
    if (verdict) return { verdict, share: look.share };
  }
}
