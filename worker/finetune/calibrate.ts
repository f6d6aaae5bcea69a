import { fitScale, unknownThreshold } from '../../shared/fewshot/calibrate.ts';
import { prototype } from '../../shared/fewshot/prototype.ts';
import { range } from '../../shared/math/random.ts';
import type { LocalData } from '../../shared/objectives/contract.ts';
import type { Encoder } from '../classify/encoder.ts';

/**
 * How to read cosines under a version: the factor that makes them calibrated logits, and the value
 * below which an image is unknown. Prototypes from the seed set, measured on the validation set.
 */
export async function calibrationOf(
  encoder: Encoder,
  seed: LocalData,
  validation: LocalData,
  classes: number,
): Promise<{ scale: number; unknownBelow: number }> {
  const dim = encoder.features;
  const support = await encoder.embed(seed.images, seed.count);
  const fit = prototype.fit(support, seed.labels!, classes, dim);
  const scores = prototype.scores(fit, await encoder.embed(validation.images, validation.count));
  const best = Float32Array.from(range(validation.count), (i) =>
    Math.max(...scores.subarray(i * classes, (i + 1) * classes)),
  );
  return { scale: fitScale(scores, validation.labels!, classes), unknownBelow: unknownThreshold(best) };
}
