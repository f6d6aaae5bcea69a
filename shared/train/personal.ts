import type { Model } from '../nn/model.ts';
import { norm, subtract } from '../weights/delta.ts';

/** What a volunteer keeps of itself from one round to the next; nobody else sees it. */
export type Personal = {
  /** Its weights when its last round ended, [parameters sent]. */
  weights: Float32Array;
  /** What divergence is multiplied by; set at its second round, and then kept. */
  lambda?: number | undefined;
};

/**
 * What a volunteer's round begins from under FedEMA (Zhuang et al. 2022, arXiv:2204.04385): mu * own +
 * (1 - mu) * received, with mu = min(lambda * |received - own|, 1). A volunteer whose images are unlike
 * the crowd's has come far away, and keeps more of its own. lambda = tau / |received - own| the first
 * time that both are there (the paper's autoscaler), so that mu begins at tau.
 * @param received [parameters sent]  @param tau 0 to 1; the paper's 0.7
 * @returns the mix, fresh, and lambda to be kept
 */
export function mixedWithOwn(
  received: Float32Array,
  { weights: own, lambda }: Personal,
  tau: number,
): { weights: Float32Array; lambda: number | undefined } {
  const divergence = norm(subtract(received, own));
  // Nothing to tell apart, and nothing to scale by.
  if (divergence === 0) return { weights: received.slice(), lambda };
  const scale = lambda ?? tau / divergence;
  const mu = Math.min(scale * divergence, 1);
  const weights = received.map((value, i) => mu * own[i]! + (1 - mu) * value);
  return { weights, lambda: scale };
}

/**
 * The whole weights that a round begins from. The received ones themselves in a volunteer's first round,
 * and where tau is 0.
 */
export function begunFrom(
  { sent }: Model,
  received: Float32Array,
  own: Personal | undefined,
  tau: number,
): { weights: Float32Array; lambda: number | undefined } {
  if (tau === 0 || !own) return { weights: received, lambda: undefined };
  const theirs = sent.take(received);
  const { weights, lambda } = mixedWithOwn(theirs, own, tau);
  return { weights: sent.moved(received, subtract(weights, theirs)), lambda };
}
