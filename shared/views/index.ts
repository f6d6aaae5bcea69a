import { crop } from './crop.ts';
import { plain } from './plain.ts';
import { strong } from './strong.ts';
import { flipped } from './transforms/flip.ts';
import type { ViewName } from './ids.ts';
import type { View } from './view.ts';
import { weak } from './weak.ts';

/**
 * Every view an objective can ask for, by name. Those with `-flip` are for images whose sides may be
 * changed over: an animal's, not a letter's.
 */
export const VIEWS = {
  ...{ plain, weak, strong, crop },
  'weak-flip': flipped(weak),
  'strong-flip': flipped(strong),
  'crop-flip': flipped(crop),
} satisfies Record<ViewName, View>;

export type { ViewName };
