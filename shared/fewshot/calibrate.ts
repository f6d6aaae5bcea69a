/** What turns a version's numbers into an answer. */
export type Calibration = {
  /** An image whose best similarity to a class lies below is unknown. */
  unknownBelow: number;
  /** Logits times this are calibrated. */
  scale: number;
  /** How a later class's similarity stands beside the classifier's logits. */
  mix: Mix;
};

/**
 * Temperature scaling (Guo et al. 2017, arXiv:1706.04599): the one factor on the logits under
 * which held-out images' classes are likeliest, by golden section over its logarithm.
 * @param scores [n, ways]  @param labels n true classes  @returns a factor in [0.05, 20]
 */
export function fitScale(scores: Float32Array, labels: ArrayLike<number>, ways: number): number {
  if (labels.length === 0) return 1;
  const loss = (log: number) => negativeLogLikelihood(scores, labels, ways, Math.exp(log));
  const golden = (Math.sqrt(5) - 1) / 2;
  let [low, high] = [Math.log(0.05), Math.log(20)];
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
    const top = Math.max(...row);
    // Not log(softmax), which is cut off where float32 ends: images that are surely wrong would then
    // cost the same at every scale, and the largest would win.
    sum += Math.log(row.reduce((all, s) => all + Math.exp(scale * (s - top)), 0));
    sum -= scale * (row[labels[i]!]! - top);
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

/** How the head's similarity becomes a logit that stands beside those of the trained classifier. */
export type Mix = { slope: number; offset: number };

/**
 * How much an image of the left-out class counts against one of another. At 1 the base classes lose
 * nothing and half of the novel images go unrecognised, at 20 it is the other way round; measured on
 * writers kept from the test (docs/results.md, "novel beside base classes").
 */
export const NOVEL_ODDS = 6;

/**
 * Fits the mix by leaving one class out at a time: each base class in turn plays the novel one, is
 * scored by the few-shot head instead of by the classifier, and the validation images' classes must
 * stay likely, its own and the others'. Without it novel classes, whose similarities are of another
 * make than trained logits, would win or lose against base classes by scale alone (generalised
 * few-shot learning; Gidaris and Komodakis 2018 meet the same with a shared cosine classifier).
 * @param logits [n, ways] of the classifier
 * @param similarities [n, ways] to classes that do not hold the image itself (`heldOutScores`)
 * @param labels n true classes
 */
export function fitMix(
  logits: Float32Array,
  similarities: Float32Array,
  labels: ArrayLike<number>,
  ways: number,
): Mix {
  let mix: Mix = { slope: 10, offset: 0 };
  const parts = leaveOneOut(logits, labels, ways);
  // Two parameters, a convex loss: plain gradient steps with halving find the place.
  let rate = 50;
  let loss = mixLoss(parts, similarities, labels, ways, mix).loss;
  for (let i = 0; i < 200 && rate > 1e-4; i++) {
    const { gradient } = mixLoss(parts, similarities, labels, ways, mix);
    const next = {
      slope: Math.max(mix.slope - rate * gradient.slope, 0.1),
      offset: mix.offset - rate * gradient.offset,
    };
    const nextLoss = mixLoss(parts, similarities, labels, ways, next).loss;
    if (nextLoss < loss) [mix, loss, rate] = [next, nextLoss, rate * 1.2];
    else rate /= 2;
  }
  return mix;
}

/** For every image and left-out class: log-sum-exp of the other classes' logits, and the true one's. */
function leaveOneOut(logits: Float32Array, labels: ArrayLike<number>, ways: number) {
  const rest = new Float64Array(logits.length);
  const own = new Float64Array(labels.length);
  for (let i = 0; i < labels.length; i++) {
    const row = logits.subarray(i * ways, (i + 1) * ways);
    const top = Math.max(...row);
    const powers = Array.from(row, (l) => Math.exp(l - top));
    const sum = powers.reduce((a, b) => a + b, 0);
    own[i] = row[labels[i]!]!;
    for (let c = 0; c < ways; c++)
      rest[i * ways + c] = top + Math.log(Math.max(sum - powers[c]!, 1e-30));
  }
  return { rest, own };
}

function mixLoss(
  { rest, own }: ReturnType<typeof leaveOneOut>,
  similarities: Float32Array,
  labels: ArrayLike<number>,
  ways: number,
  { slope, offset }: Mix,
) {
  let [loss, bySlope, byOffset, count] = [0, 0, 0, 0];
  for (let i = 0; i < labels.length; i++)
    for (let c = 0; c < ways; c++) {
      const similarity = similarities[i * ways + c]!;
      const score = slope * similarity + offset;
      const others = rest[i * ways + c]!;
      const top = Math.max(score, others);
      const all = top + Math.log(Math.exp(score - top) + Math.exp(others - top));
      const novel = labels[i] === c;
      const odds = novel ? NOVEL_ODDS : 1;
      const probability = Math.exp(score - all);
      loss += odds * (all - (novel ? score : own[i]!));
      bySlope += odds * (probability - (novel ? 1 : 0)) * similarity;
      byOffset += odds * (probability - (novel ? 1 : 0));
      count += odds;
    }
  return { loss: loss / count, gradient: { slope: bySlope / count, offset: byOffset / count } };
}
