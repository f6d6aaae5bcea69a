import {
  fitMix,
  fitScale,
  heldOutCosines,
  unknownThreshold,
  type Calibration,
} from '../../shared/fewshot/calibrate.ts';
import { prototype } from '../../shared/fewshot/prototype.ts';
import { range } from '../../shared/math/random.ts';
import type { LocalData } from '../../shared/objectives/contract.ts';
import type { Encoder } from '../classify/encoder.ts';

/**
 * How a version's numbers are to be read, measured on the validation images: prototypes come from
 * the seed set, logits from the version's own classifier.
 */
export async function calibrationOf(
  encoder: Encoder,
  seed: LocalData,
  validation: LocalData,
  classes: number,
): Promise<Calibration> {
  const dim = encoder.features;
  const support = await encoder.infer(seed.images, seed.count);
  const fit = prototype.fit(support.embeddings, seed.labels!, classes, dim);
  const { embeddings, logits } = await encoder.infer(validation.images, validation.count);
  const cosines = prototype.scores(fit, embeddings);
  const best = Float32Array.from(range(validation.count), (i) =>
    Math.max(...cosines.subarray(i * classes, (i + 1) * classes)),
  );
  const labels = validation.labels!;
  return {
    unknownBelow: unknownThreshold(best),
    scale: fitScale(logits, labels, classes),
    mix: fitMix(
      logits,
      heldOutCosines(fit.sums, embeddings, labels, classes, dim),
      labels,
      classes,
    ),
  };
}
