import type { FewShotHead } from './contract.ts';
import { cosineClassifier } from './heads/cosine-classifier.ts';
import { fineTune } from './heads/fine-tune.ts';
import { labelPropagation } from './heads/label-propagation.ts';
import { matching } from './heads/matching.ts';
import { nearestMean } from './heads/nearest-mean.ts';
import { prototype } from './heads/prototype.ts';

/** Every few-shot head, by its file's name: what a project's plan chooses from. */
export const FEW_SHOT_HEADS = {
  prototype,
  'nearest-mean': nearestMean,
  matching,
  'cosine-classifier': cosineClassifier,
  'fine-tune': fineTune,
  'label-propagation': labelPropagation,
} satisfies Record<string, FewShotHead>;
