import { Problem } from '../api/problem.ts';
import { admission, type State } from './round.ts';

/**
 * L2 norm above which a delta is refused outright. Honest ones stay below 10 at this project's
 * sizes; the pipeline's clipping deals with what lies between.
 */
export const NORM_LIMIT = 1000;

/** Images a volunteer can claim as its weight in the mean: a limit on what one liar is worth. */
export const WEIGHT_LIMIT = 10_000;

/**
 * Whether a delta may be counted, before its bytes are looked at.
 * @throws Problem 406-409, 411 with what is wrong.
 */
export function admit(
  state: State,
  claim: { volunteer: string; round: number; version: number },
): void {
  const { volunteer, round, version } = claim;
  if (!(round >= 1 && round <= state.round))
    throw new Problem(411, `round ${round} has not been opened`);
  if (round < state.round)
    throw new Problem(407, `round ${round} is over, round ${state.round} is the last`);
  const standing = admission(state, volunteer);
  if (standing === 'counted')
    throw new Problem(406, `round ${round} has a delta of this volunteer`);
  if (standing === 'closed') throw new Problem(407, `round ${round} takes no more deltas`);
  if (standing === 'not-asked') throw new Problem(408, `round ${round} did not ask this volunteer`);
  if (version !== state.base.version)
    throw new Problem(
      409,
      `round ${round} starts from version ${state.base.version}, the delta from ${version}`,
    );
}

/** @throws Problem 405 when the norm is above `NORM_LIMIT`. */
export function admitNorm(norm: number): void {
  // Written so that NaN is refused too.
  if (!(norm <= NORM_LIMIT))
    throw new Problem(405, `its norm is ${norm.toPrecision(3)}, the limit ${NORM_LIMIT}`);
}
