import type { BackendName } from '../tf-probe.ts';
import type { Snapshot } from '../../shared/train/session.ts';
import { trainRound, type RoundJob, type RoundResult } from './round.ts';

/** What tfjs computes on. A driver that restarts, a card that is unplugged or a full memory ends it. */
export type Device = {
  readonly backend: BackendName;
  /** Aborted when it goes away. Another signal after every `replace`. */
  readonly lost: AbortSignal;
  /** Whether it does not compute any more: a step may fail before anybody has said why. */
  isGone(): Promise<boolean>;
  /** Puts another one in its place. @throws when none can be had */
  replace(): Promise<void>;
};

/** A device went, and another goes on from `step`. */
export type Replaced = { lost: BackendName; backend: BackendName; step: number };

export type ThroughOptions = { device: Device; onReplaced: (replaced: Replaced) => void };

/**
 * The round, through the loss of any number of devices: each next one goes on where the last snapshot
 * was taken, at worst from the beginning. @throws what the round throws for other reasons
 */
export async function trainThrough(
  job: Omit<RoundJob, 'lost'>,
  { device, onReplaced }: ThroughOptions,
): Promise<RoundResult> {
  let from = job.from;
  const onSnapshot = (snapshot: Snapshot) => {
    from = snapshot;
    job.onSnapshot?.(snapshot);
  };
  for (;;) {
    try {
      return await trainRound({ ...job, from, onSnapshot, lost: device.lost });
    } catch (error) {
      if (!(await device.isGone())) throw error;
      const lost = device.backend;
      await device.replace();
      onReplaced({ lost, backend: device.backend, step: from?.steps ?? 0 });
    }
  }
}
