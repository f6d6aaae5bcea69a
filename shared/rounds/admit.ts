import { Problem } from '../api/problem.ts';
import type { Cohort } from './cohort.ts';

/**
 * L2 norm above which a delta is refused outright. Honest ones stay below 10 at this project's
 * sizes; the pipeline's clipping deals with what lies between.
 */
export const NORM_LIMIT = 1000;

/** Images a volunteer can claim as its weight in the mean: a limit on what one liar is worth. */
export const WEIGHT_LIMIT = 10_000;

export type Claim = { volunteer: string; round: number; version: number };

/**
 * Whether a delta may be counted, before its bytes are looked at.
 * @returns how many versions it lies behind. @throws Problem 406-409, 411, 413 with what is wrong.
 */
export function admit(cohort: Cohort, claim: Claim): number {
  const { volunteer, round, version } = claim;
  if (!(round >= 1 && round <= cohort.round))
    throw new Problem(411, `round ${round} has not been opened`);
  if (cohort.mode === 'sync' && round < cohort.round)
    throw new Problem(407, `round ${round} is over, round ${cohort.round} is the last`);
  const member = cohort.members[volunteer];
  if (member?.as === 'accepted' && member.round === round)
    throw new Problem(406, `round ${round} has a delta of this volunteer`);
  if (!cohort.open) throw new Problem(407, `round ${round} takes no more deltas`);
  if (cohort.mode === 'async') admitBase(cohort, version);
  if (!member || member.round < round)
    throw new Problem(408, `round ${round} did not ask this volunteer`);
  if (member.round > round)
    throw new Problem(407, `this volunteer was asked again since, in round ${member.round}`);
  if (version !== member.version)
    throw new Problem(
      409,
      `round ${round} starts from version ${member.version}, the delta from ${version}`,
    );
  return Math.max(
    0,
    cohort.bases.findIndex((base) => base.version === version),
  );
}

function admitBase({ bases }: Cohort, version: number): void {
  const [newest] = bases;
  if (!newest || bases.some((base) => base.version === version)) return;
  throw new Problem(
    413,
    `it starts from version ${version}; the current one is ${newest.version}, at most ${bases.length - 1} behind count`,
    { weights: `/v1/weights/${newest.weights}` },
  );
}

/** @throws Problem 405 when the norm is above `NORM_LIMIT`. */
export function admitNorm(norm: number): void {
  // Written so that NaN is refused too.
  if (!(norm <= NORM_LIMIT))
    throw new Problem(405, `its norm is ${norm.toPrecision(3)}, the limit ${NORM_LIMIT}`);
}
