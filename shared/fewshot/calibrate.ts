/** Share of known images that may be called unknown when the threshold is drawn. */
const REJECTED = 0.02;

/**
 * The cosine below which an image is "unknown": the one that 2 % of held-out images of known
 * classes fall below.
 * @param best each image's highest similarity
 */
export function unknownThreshold(best: Float32Array): number {
  if (best.length === 0) return -1;
  const sorted = Float32Array.from(best).sort();
  return sorted[Math.floor(REJECTED * (sorted.length - 1))] as number;
}

/**
 * Temperature scaling (Guo et al. 2017, arXiv:1706.04599): the one factor on the cosines under
 * which held-out images' classes are likeliest, by golden section over its logarithm.
 * @param scores [n, ways]  @param labels n true classes  @returns a factor in [1, 100]
 */
export function fitScale(scores: Float32Array, labels: ArrayLike<number>, ways: number): number {
  if (labels.length === 0) return 10;
  const loss = (log: number) => negativeLogLikelihood(scores, labels, ways, Math.exp(log));
  const golden = (Math.sqrt(5) - 1) / 2;
  let [low, high] = [0, Math.log(100)];
  for (let i = 0; i < 40; i++) {
    const left = high - golden * (high - low);
    const right = low + golden * (high - low);
    if (loss(left) < loss(right)) high = right;
    else low = left;
  }
  return Math.exp((low + high) / 2);
}

function negativeLogLikelihood(
  scores: Float32Array,
  labels: ArrayLike<number>,
  ways: number,
  scale: number,
): number {
  let sum = 0;
  for (let i = 0; i < labels.length; i++) {
    const row = scores.subarray(i * ways, (i + 1) * ways);
    sum -= Math.log(Math.max(softmax(row, scale)[labels[i]!]!, 1e-12));
  }
  return sum / labels.length;
}

/** exp(scale * s) over its sum; shifted by the largest, so nothing overflows. */
export function softmax(scores: Float32Array, scale: number): Float32Array {
  const top = scores.reduce((a, b) => Math.max(a, b), -Infinity);
  const powers = scores.map((s) => Math.exp(scale * (s - top)));
  const sum = powers.reduce((a, b) => a + b, 0);
  return powers.map((p) => p / sum);
}
