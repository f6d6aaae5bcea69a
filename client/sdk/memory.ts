import type { Ticket } from '../../shared/api/schemas/training.ts';
import type { Assignment } from '../../shared/protocol/messages.ts';
import type { Personal } from '../../shared/train/personal.ts';
import type { Snapshot } from '../../shared/train/session.ts';

/** What an assignment is known by: in asynchronous rounds its number alone comes again. */
export type WorkId = Pick<Assignment, 'round' | 'version' | 'seed'>;

/** A delta that nobody has acknowledged yet, with all that its upload says. */
export type Unsent = WorkId & {
  /** Milliseconds since 1970 until which its round can be open. */
  until: number;
  images: number;
  report: Record<string, number>;
  /** The assignment's ticket: it opens the upload. */
  ticket: string;
  /** The encoded message. */
  message: Uint8Array;
  /** What the message lost: the next residual, once this one is acknowledged. */
  residual: Float32Array | null;
};

/** Where the training of an assignment stands. Good only for the same weights and the same images. */
export type Checkpoint = WorkId & {
  /** SHA-256 of the received weights. */
  weights: string;
  /** SHA-256 of the local images. It stays here, like they do. */
  images: string;
  snapshot: Snapshot;
};

/** What encoding has lost so far, for the next delta; of the project, not of the volunteer. */
export type Residual = { values: Float32Array; at: number };

/** All that a volunteer keeps of a project, one of each: no image is among it. */
export type Kept = {
  ticket: Ticket;
  unsent: Unsent;
  checkpoint: Checkpoint;
  residual: Residual;
  /** Where the plan has volunteers keep of their own (FedEMA). */
  personal: Personal & { at: number };
};

/**
 * What outlives a reload, of one project and one volunteer. It is an aid, never a need: nothing in
 * here throws, and what was not kept is begun anew. Operations take effect in the order of the calls.
 */
export type Memory = {
  get<K extends keyof Kept>(what: K): Promise<Kept[K] | undefined>;
  set<K extends keyof Kept>(what: K, value: Kept[K]): Promise<void>;
  remove(...what: (keyof Kept)[]): Promise<void>;
};

/** Lasts as long as the process: for Node, for tests, and for a browser's second tab. */
export function inMemory(): Memory {
  const kept: Partial<Kept> = {};
  return {
    get: async (what) => kept[what],
    set: async (what, value) => void (kept[what] = value),
    remove: async (...what) => what.forEach((one) => delete kept[one]),
  };
}

/** Whether two pieces of work are the same one. */
export function isSame(a: WorkId, b: WorkId): boolean {
  return a.round === b.round && a.version === b.version && a.seed === b.seed;
}
