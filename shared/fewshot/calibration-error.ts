import { softmax } from './calibrate.ts';

/** As many as Guo et al. draw their reliability diagrams with. */
const BINS = 10;

/** How often the likeliest class is the true one, and how far its probabilities are from saying so. */
export type Reliability = { accuracy: number; calibrationError: number };

/**
 * Expected calibration error (Naeini et al. 2015; Guo et al. 2017, arXiv:1706.04599, equation 3): images
 * are put into ten bins by the probability of their likeliest class; in each bin that probability is
 * compared with the share that is right, and the differences are averaged by the bins' sizes.
 * @param scores [n, ways]  @param labels n true classes  @param scale factor on the scores (`fitScale`)
 */
export function reliabilityOf(
  scores: Float32Array,
  labels: ArrayLike<number>,
  ways: number,
  scale: number,
): Reliability {
  const sure = new Float64Array(BINS);
  const right = new Float64Array(BINS);
  for (let i = 0; i < labels.length; i++) {
    const shares = softmax(scores.subarray(i * ways, (i + 1) * ways), scale);
    const best = shares.reduce((top, share, way) => (share > shares[top]! ? way : top), 0);
    const bin = Math.min(Math.floor(shares[best]! * BINS), BINS - 1);
    sure[bin]! += shares[best]!;
    if (best === labels[i]) right[bin]! += 1;
  }
  const count = Math.max(labels.length, 1);
  return {
    accuracy: right.reduce((a, b) => a + b, 0) / count,
    calibrationError: sure.reduce((sum, s, bin) => sum + Math.abs(s - right[bin]!), 0) / count,
  };
}
