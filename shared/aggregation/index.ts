import { fedavg } from './after/fedavg.ts';
import { fedavgm } from './after/fedavgm.ts';
import { clipNorm } from './before/clip-norm.ts';
import { weightedMean } from './combine/weighted-mean.ts';
import type { After, Before, Combine } from './contract.ts';
import type { AfterId, BeforeId, CombineId } from './ids.ts';

/** Rules that scale one delta before it is counted. */
export const BEFORE = { 'clip-norm': clipNorm } satisfies Record<BeforeId, Before>;

/** Rules that make one delta of many. */
export const COMBINE = { 'weighted-mean': weightedMean } satisfies Record<CombineId, Combine>;

/** Server optimisers: from the combined delta to the step. */
export const AFTER = { fedavg, fedavgm } satisfies Record<AfterId, After>;
