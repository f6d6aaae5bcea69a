import type { FewShotHead } from './contract.ts';
import { matching } from './heads/matching.ts';
import { nearestMean } from './heads/nearest-mean.ts';
import { prototype } from './heads/prototype.ts';

/** Every few-shot head, by its file's name: what a project's plan chooses from. */
export const FEW_SHOT_HEADS = {
  prototype,
  'nearest-mean': nearestMean,
  matching,
} satisfies Record<string, FewShotHead>;
