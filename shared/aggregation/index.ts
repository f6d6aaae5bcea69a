import { fedadagrad } from './after/fedadagrad.ts';
import { fedadam } from './after/fedadam.ts';
import { fedavg } from './after/fedavg.ts';
import { fedavgm } from './after/fedavgm.ts';
import { fedyogi } from './after/fedyogi.ts';
import { clipNorm } from './before/clip-norm.ts';
import { staleness } from './before/staleness.ts';
import { coordinateMedian } from './combine/coordinate-median.ts';
import { geometricMedian } from './combine/geometric-median.ts';
import { krum } from './combine/krum.ts';
import { lDawa } from './combine/l-dawa.ts';
import { multiKrum } from './combine/multi-krum.ts';
import { trimmedMean } from './combine/trimmed-mean.ts';
import { weightedMean } from './combine/weighted-mean.ts';
import type { After, Before, Combine } from './contract.ts';
import type { AfterId, BeforeId, CombineId } from './ids.ts';

/** Rules that scale one delta before it is counted. */
export const BEFORE = { 'clip-norm': clipNorm, staleness } satisfies Record<BeforeId, Before>;

/** Rules that make one delta of many. */
export const COMBINE = {
  'weighted-mean': weightedMean,
  'trimmed-mean': trimmedMean,
  'coordinate-median': coordinateMedian,
  'geometric-median': geometricMedian,
  krum,
  'multi-krum': multiKrum,
  'l-dawa': lDawa,
} satisfies Record<CombineId, Combine>;

/** Server optimisers: from the combined delta to the step. */
export const AFTER = { fedavg, fedavgm, fedadam, fedyogi, fedadagrad } satisfies Record<
  AfterId,
  After
>;
