import type { Verdict } from '../../shared/api/schemas/answers.ts';
import { scoresOf, type Bank } from '../../shared/fewshot/bank.ts';
import type { Calibration } from '../../shared/fewshot/calibrate.ts';
import type { Prototypes } from '../../shared/fewshot/contract.ts';
import { largest } from '../../shared/math/largest.ts';
import type { Inferred } from './encoder.ts';

/** Everything an answer depends on, of one version and one revision: it is never mixed. */
export type Classifier = {
  version: number;
  revision: number;
  /**
   * The classes, each at one place of all these: first the model's own, in the order of its outputs,
   * then those added later. Rows of `classes` by id, and their supports by hash.
   */
  names: readonly string[];
  ids: readonly string[];
  supports: readonly string[];
  base: number;
  /** As the project's few-shot head compares with them, and as reports on examples do. */
  bank: Bank;
  prototypes: Prototypes;
  calibration: Calibration;
};

export const UNKNOWN = 'unknown';

/**
 * The model's own classes are scored by its classifier, later ones by the few-shot head, on one
 * calibrated scale; an image that is like no class at all is unknown.
 * @param images what was inferred of some images  @param top how many classes a verdict lists
 */
export function verdictsOf(classifier: Classifier, images: Inferred, top: number): Verdict[] {
  const { names, base, bank } = classifier;
  const similarities = scoresOf(bank, images.embeddings);
  return Array.from(images.lengths, (_, i) =>
    verdictOf(
      classifier,
      similarities.subarray(i * names.length, (i + 1) * names.length),
      images.logits.subarray(i * base, (i + 1) * base),
      top,
    ),
  );
}

function verdictOf(
  { names, base, calibration }: Classifier,
  similarities: Float32Array,
  own: Float32Array,
  top: number,
): Verdict {
  const { scale, mix, unknownBelow } = calibration;
  const logits = new Float32Array(names.length);
  logits.set(own);
  let best = -Infinity;
  for (let i = 0; i < logits.length; i++) {
    best = Math.max(best, similarities[i]!);
    if (i >= base) logits[i] = mix.slope * similarities[i]! + mix.offset;
  }
  const first = largest(logits, top);
  const highest = logits[first[0]!]!;
  let sum = 0;
  for (const logit of logits) sum += Math.exp(scale * (logit - highest));
  const unknown = best < unknownBelow;
  return {
    label: unknown ? UNKNOWN : names[first[0]!]!,
    unknown,
    classes: first.map((i) => ({
      name: names[i]!,
      probability: Math.exp(scale * (logits[i]! - highest)) / sum,
      similarity: similarities[i]!,
    })),
  };
}
