import type { Tf } from '../../nn/params.ts';
import { Adam } from './adam.ts';
import type { Optimiser, OptimiserOptions } from './optimiser.ts';
import type { OptimiserId } from './ids.ts';
import { Sgd } from './sgd.ts';

/** Every optimiser that a plan can name. */
export const OPTIMISERS = { sgd: Sgd, adam: Adam } satisfies Record<
  OptimiserId,
  new (tf: Tf, options: OptimiserOptions) => Optimiser
>;

export type { OptimiserId };
