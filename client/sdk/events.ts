import type { Receipt } from '../../shared/api/schemas/training.ts';
import type { TrainingState } from '../../shared/protocol/messages.ts';
import type { Replaced } from '../train/device.ts';
import type { MemoryNeed } from '../train/memory.ts';
import type { StepReport } from '../train/round.ts';

/** What a contribution tells whoever watches it: a page, a progress bar, a test. */
export type ContributionEvent =
  /** The edge wants a little work done before it gives a ticket: a second or two. */
  | { kind: 'puzzle' }
  /** `again`: as the volunteer of before a reload, by the ticket that was kept. */
  | { kind: 'joined'; volunteer: string; again: boolean }
  /** What this contribution takes of the device's memory, in bytes, and the most that it may. */
  | ({ kind: 'memory' } & MemoryNeed)
  | { kind: 'connected' }
  | { kind: 'disconnected'; reason: string }
  /** The edge needs nobody more for now: the line is left until then, in milliseconds since 1970. */
  | { kind: 'waiting'; until: number }
  | { kind: 'state'; state: TrainingState }
  /** Bytes of a round's weights that have come; `total` is null where the edge has not said. */
  | { kind: 'receiving'; round: number; loaded: number; total: number | null }
  /** `from`: steps that were done before, where a round goes on after a reload. */
  | {
      kind: 'round';
      round: number;
      version: number;
      steps: number;
      from: number;
      bytesDown: number;
    }
  | ({ kind: 'step'; round: number } & StepReport)
  /** The device went away in the middle of a round; another goes on. */
  | ({ kind: 'replaced'; round: number } & Replaced)
  /** `round` is the one that asked; the receipt names the one that counts it. */
  | {
      kind: 'sent';
      round: number;
      receipt: Receipt;
      parameters: number;
      images: number;
      report: Record<string, number>;
    }
  | { kind: 'declined'; round: number; reason: string }
  | { kind: 'closed'; round: number; reason: string }
  | { kind: 'failed'; round: number; error: Error };
