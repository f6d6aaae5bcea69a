import type { Base } from '../../../shared/rounds/orders.ts';
import type { Verdict } from '../../../shared/rounds/round.ts';
import type { Job } from './coordinator.ts';

export type Result = 'promoted' | 'kept' | 'undone' | 'failed';

/** The server's own step and the registry of versions, which no crash of the others touches. */
export class Server {
  job: Job | undefined;
  /** What came of the last job. */
  last: { round: number; verdict: Verdict } | undefined;
  #versions = 0;
  #live = 0;

  /** The same job again changes nothing. */
  start(job: Job): void {
    const same = this.job?.round === job.round && this.job.weights === job.weights;
    if (!same) this.job = job;
  }

  judge(job: Job, result: Result): Verdict {
    const candidateVersion = ++this.#versions;
    const verdict = this.#verdict(job, result, candidateVersion);
    this.last = { round: job.round, verdict };
    return verdict;
  }

  /** An admin makes an earlier version live. */
  move(choice: number): Base | undefined {
    if (this.#live === 0) return undefined;
    this.#live = 1 + (choice % this.#versions);
    return baseOf(this.#live);
  }

  /** As `worker/finetune/gate.ts` has it; nothing replaces what was made live meanwhile. */
  #verdict(job: Job, result: Result, candidateVersion: number): Verdict {
    const superseded = this.#live !== job.live;
    const base = baseOf(candidateVersion);
    if (this.#live === 0 || (result === 'promoted' && !superseded)) {
      this.#live = candidateVersion;
      return { promoted: true, reason: null, candidateVersion, live: candidateVersion, base };
    }
    const live = this.#live;
    const from = superseded || result === 'undone' ? baseOf(live) : base;
    return { promoted: false, reason: 'worse', candidateVersion, live, base: from };
  }
}

function baseOf(version: number): Base {
  return { version, weights: `w${version}` };
}
