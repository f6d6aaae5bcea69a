import type { Plan } from '../../shared/api/plan.ts';
import type { Card } from '../../shared/api/schemas/versions.ts';
import { bankOf, scoresOf } from '../../shared/fewshot/bank.ts';
import { fitMix, fitScale, type Calibration } from '../../shared/fewshot/calibrate.ts';
import { reliabilityOf } from '../../shared/fewshot/calibration-error.ts';
import { heldOutScores } from '../../shared/fewshot/held-out.ts';
import { FEW_SHOT_HEADS } from '../../shared/fewshot/index.ts';
import { bestSimilarities, chooseThreshold } from '../../shared/fewshot/open-set.ts';
import { supportsOf } from '../../shared/fewshot/supports.ts';
import type { LocalData } from '../../shared/objectives/contract.ts';
import type { Encoder } from '../classify/encoder.ts';

/**
 * How a version's numbers are to be read, and how far they can be trusted: measured on the validation
 * images, against classes made of the seed set and logits of the version's own classifier. Scale and
 * threshold are fitted on the very images that the card reports them on: two numbers on hundreds.
 */
export async function calibrationOf(
  encoder: Encoder,
  { head: name, answers }: Pick<Plan, 'head' | 'answers'>,
  seed: LocalData,
  validation: LocalData,
  classes: number,
): Promise<{ calibration: Calibration; card: Card }> {
  const head = FEW_SHOT_HEADS[name];
  const dim = encoder.features;
  const labels = validation.labels!;
  const support = await encoder.infer(seed.images, seed.count);
  const supports = supportsOf(support.embeddings, seed.labels!, classes, dim);
  const { embeddings, logits } = await encoder.infer(validation.images, validation.count);
  const similarities = scoresOf(bankOf(head, supports, dim), embeddings);
  const { known, strange } = bestSimilarities(similarities, labels, classes);
  const { threshold, ...rates } = chooseThreshold(known, strange, answers.falseAccept);
  const scale = fitScale(logits, labels, classes);
  const heldOut = heldOutScores(head, supports, embeddings, labels, dim);
  return {
    calibration: {
      ...{ unknownBelow: threshold, scale },
      mix: fitMix(logits, heldOut, labels, classes),
    },
    card: {
      images: validation.count,
      ...reliabilityOf(logits, labels, classes, scale),
      ...rates,
    },
  };
}
