/** What tells known images from strange ones, and how often it errs on those that it was chosen by. */
export type OpenSet = {
  /** An image whose best similarity lies below is unknown. */
  threshold: number;
  /** Share of strange images at or above it, and of known ones below. */
  falseAccept: number;
  falseReject: number;
};

/**
 * The lowest threshold that lets through no more than the stated share of strange images: half way to
 * the most similar one that it refuses to let through.
 * @param known best similarities of images of known classes  @param strange of images of no known class
 * @param falseAccept in [0, 1]
 */
export function chooseThreshold(
  known: Float32Array,
  strange: Float32Array,
  falseAccept: number,
): OpenSet {
  const threshold = thresholdOf(strange, falseAccept);
  const share = (all: Float32Array, test: (score: number) => boolean) =>
    all.length === 0 ? 0 : all.reduce((sum, score) => sum + Number(test(score)), 0) / all.length;
  return {
    threshold,
    falseAccept: share(strange, (score) => score >= threshold),
    falseReject: share(known, (score) => score < threshold),
  };
}

/** Above every similarity that a cosine can have, rounding and all. */
const NOTHING_IS_KNOWN = 1.001;

function thresholdOf(strange: Float32Array, falseAccept: number): number {
  const sorted = Float32Array.from(strange).sort().reverse();
  const allowed = Math.floor(falseAccept * sorted.length);
  // Nothing strange to keep out, or all of it may come in.
  if (allowed >= sorted.length) return -1;
  const refused = sorted[allowed]!;
  const accepted = sorted.subarray(0, allowed).findLast((score) => score > refused);
  return ((accepted ?? NOTHING_IS_KNOWN) + refused) / 2;
}

/**
 * Every image as a known one, and as the strange one that it would be if its class were not there:
 * leaving one class out at a time simulates what nobody has shown the model.
 * @param scores [n, ways] similarities  @param labels n true classes
 */
export function bestSimilarities(
  scores: Float32Array,
  labels: ArrayLike<number>,
  ways: number,
): { known: Float32Array; strange: Float32Array } {
  const known = new Float32Array(labels.length);
  const strange = new Float32Array(labels.length);
  for (let i = 0; i < labels.length; i++) {
    const row = scores.subarray(i * ways, (i + 1) * ways);
    const others = row.filter((_, way) => way !== labels[i]);
    strange[i] = others.reduce((best, score) => Math.max(best, score), -1);
    known[i] = Math.max(strange[i]!, row[labels[i]!]!);
  }
  return { known, strange };
}
