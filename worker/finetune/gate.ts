import type { Verdict } from '../../shared/rounds/round.ts';

export type Judged = { version: number; weights: string; accuracy: number };

/**
 * The quality gate: a candidate goes live only when it recognises at least as many validation
 * images as what is live. Whether the next round builds on it is a milder question: a step that is
 * a little worse is often the way to a better one, a step that is far worse is undone.
 */
export function judge(candidate: Judged, live: Judged | null, tolerance: number): Verdict {
  const base = { version: candidate.version, weights: candidate.weights };
  if (live === null || candidate.accuracy >= live.accuracy)
    return {
      promoted: true,
      reason: null,
      candidateVersion: candidate.version,
      live: candidate.version,
      base,
    };
  const far = candidate.accuracy < live.accuracy - tolerance;
  const reason = `version ${candidate.version} recognises ${percent(candidate.accuracy)} of the validation images, the live version ${live.version} ${percent(live.accuracy)}`;
  return {
    promoted: false,
    reason: far ? `${reason}; the next round starts from version ${live.version} again` : reason,
    candidateVersion: candidate.version,
    live: live.version,
    base: far ? { version: live.version, weights: live.weights } : base,
  };
}

/** An admin made another version live while the round ran: what descends from the old one stays out. */
export function superseded(candidate: Judged, live: Judged): Verdict {
  return {
    ...{ promoted: false, candidateVersion: candidate.version, live: live.version },
    reason: `version ${live.version} was made live by hand while the round ran`,
    base: { version: live.version, weights: live.weights },
  };
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}
