import { HonEvalError } from '../../errors.ts';
import type { GraderName } from '../../grading/verdict.ts';
import { passSizes } from '../../harness/generate/sampled_task.ts';
import type { GradedSample } from '../../harness/record/scored.ts';
import type { Json } from '../../json.ts';
import { passAtSamples, shareCorrect } from '../../metrics/pass_at_k.ts';
import { objectOrNull } from '../../python/read_json.ts';
import { parseVerbatim } from '../../python/verbatim_json.ts';
import { formatFloat } from '../../python/write_json.ts';
import type { WrittenTexts } from '../read/texts.ts';

type Verdicts = readonly GradedSample['verdict'][];

/**
 * A line of a samples file with other verdicts: the answers, `exact_match` and `pass@k`, and what is under `hon_eval`.
 * The rest stays as it was, other metrics included.
 */
export function gradedLine({ line, place, details }: WrittenTexts, grader: GraderName, verdicts: Verdicts): string {
  const block = parseOriginal(line, place);
  const scores = new Map([
    ['exact_match', shareCorrect(verdicts)],
    ...passSizes(verdicts.length).map((k): [string, number] => [`pass@${k}`, passAtSamples(verdicts, k)]),
  ]);
  const metrics = Array.isArray(block.metrics) ? block.metrics.map(String) : [];
  return JSON.stringify({
    ...block,
    filtered_resps: verdicts.map(({ answer }) => answer),
    metrics: [...new Set([...metrics, ...scores.keys()])],
    ...Object.fromEntries(Array.from(scores, ([name, score]) => [name, JSON.rawJSON(formatFloat(score))])),
    hon_eval: {
      ...objectOrNull(block.hon_eval),
      grader,
      samples: verdicts.map(({ correct, outcome }, i) => ({ ...details[i], correct, outcome })),
    },
  });
}

function parseOriginal(line: string, place: string): { [key: string]: Json | undefined } {
  try {
    return parseVerbatim(line) as { [key: string]: Json | undefined };
  } catch {
    throw new HonEvalError('results', `${place}: expected JSON that can be written anew, got NaN or Infinity in it.`);
  }
}
