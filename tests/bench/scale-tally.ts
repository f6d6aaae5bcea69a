/** What a simulated run comes to, counted as the platform counts it. */
const COUNTERS = [
  // Between the coordinator and its shards.
  ...(['reports', 'orders', 'newsOnly', 'reads'] as const),
  // What goes into shards by HTTP, and what the worker in front has to do for it.
  ...(['upgrades', 'uploads', 'workerRequests', 'alarms'] as const),
  ...(['socketIn', 'socketOut', 'news'] as const),
  ...(['rowsWritten', 'cohortRows', 'checkpoints'] as const),
  ...(['r2Reads', 'r2Writes', 'bytesUp', 'bytesDown', 'newsBytes'] as const),
  // What came of the volunteers.
  ...([
    'asked',
    'accepted',
    'refused',
    'busy',
    'tooSlow',
    'dismissed',
    'gone',
    'declined',
  ] as const),
  ...(['sentAway', 'sentAwayAgain'] as const),
  // Milliseconds of this machine's processor that the coordinator's own code took.
  'rootMs',
] as const;

export type Counter = (typeof COUNTERS)[number];

export class Tally {
  readonly counts = Object.fromEntries(COUNTERS.map((name) => [name, 0])) as Record<
    Counter,
    number
  >;
  /** From the first byte sent to the acknowledgement, ms. */
  readonly acks: number[] = [];
  /** How long an upload waited until its body was asked for, ms. */
  readonly slotWaits: number[] = [];
  /** What the coordinator was called with, and answers that it got: how long each waited, ms. */
  readonly rootCalls: number[] = [];

  add(counter: Counter, count = 1): void {
    this.counts[counter] += count;
  }
}
