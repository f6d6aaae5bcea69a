import { softmax, type Calibration } from '../../shared/fewshot/calibrate.ts';
import { prototype, type Prototypes } from '../../shared/fewshot/prototype.ts';
import type { Answer } from '../../shared/api/schemas.ts';
import type { Inferred } from './encoder.ts';

/** Everything an answer depends on, of one version and one revision: it is never mixed. */
export type Classifier = {
  version: number;
  revision: number;
  /** The classes by name: first the model's own, in the order of its outputs, then those added later. */
  names: readonly string[];
  base: number;
  /** Of all classes, in that order. */
  prototypes: Prototypes;
  calibration: Calibration;
};

export const UNKNOWN = 'unknown';

/**
 * The model's own classes are scored by its classifier, later ones by their prototypes, on one
 * calibrated scale; an image that is like no prototype at all is unknown.
 * @param image one image's embedding and logits  @param top how many classes the answer lists
 */
export function answer(classifier: Classifier, image: Inferred, top: number): Answer {
  const { names, base, prototypes, calibration, version, revision } = classifier;
  const { scale, mix, unknownBelow } = calibration;
  const cosines = prototype.scores(prototypes, image.embeddings);
  const logits = cosines.map((cosine, i) =>
    i < base ? (image.logits[i] as number) : mix.slope * cosine + mix.offset,
  );
  const probability = softmax(logits, scale);
  const order = names.map((_, i) => i).sort((a, b) => logits[b]! - logits[a]!);
  const unknown = Math.max(...cosines) < unknownBelow;
  const listed = order.slice(0, top).map((i) => ({
    name: names[i] as string,
    probability: probability[i] as number,
    similarity: cosines[i] as number,
  }));
  const label = unknown ? UNKNOWN : (names[order[0] as number] as string);
  return { label, unknown, classes: listed, version, revision };
}
