import { softmax } from '../../shared/fewshot/calibrate.ts';
import { prototype, type Prototypes } from '../../shared/fewshot/prototype.ts';
import type { Answer } from '../../shared/api/schemas.ts';

/** Everything an answer depends on, of one version and one revision: it is never mixed. */
export type Classifier = {
  version: number;
  revision: number;
  names: readonly string[];
  prototypes: Prototypes;
  /** Cosines times this are calibrated logits; below `unknownBelow` the image is unknown. */
  scale: number;
  unknownBelow: number;
};

export const UNKNOWN = 'unknown';

/** @param embedding one unit vector  @param top how many classes the answer lists */
export function answer(classifier: Classifier, embedding: Float32Array, top: number): Answer {
  const { names, prototypes, scale, unknownBelow, version, revision } = classifier;
  const similarity = prototype.scores(prototypes, embedding);
  const probability = softmax(similarity, scale);
  const order = names.map((_, i) => i).sort((a, b) => similarity[b]! - similarity[a]!);
  const best = order[0] as number;
  const unknown = similarity[best]! < unknownBelow;
  const listed = order.slice(0, top).map((i) => ({
    name: names[i] as string,
    probability: probability[i] as number,
    similarity: similarity[i] as number,
  }));
  return { label: unknown ? UNKNOWN : (names[best] as string), unknown, classes: listed, version, revision };
}
