import { HELD, sumSliceSizeFor } from '../../shared/aggregation/slices.ts';
import { TAKEN_IN } from '../../worker/rounds/slots.ts';
import { quantile } from './quantile.ts';
import type { Bench } from './run.ts';
import { messageSize, sumBytes } from './scale-book.ts';
import { costOf, totalOf } from './scale-cost.ts';
import { simulate, type Run } from './scale-run.ts';
import { BUFFER, EDGE, MODEL } from './scale-settings.ts';

const SEED = 17;

/** Copies of what is read, while it is between two objects. */
const COPIES = 3;

/**
 * Rounds of crowds that no machine here can hold, in virtual time: the real state machines
 * (shared/rounds) and the real desk, tellers and bulletins (worker/rounds) with everything around them
 * modelled. Of
 * every crowd size N a synchronous round that wants N deltas, and asynchronous rounds (`async...`) of
 * 1,000 until N were counted with as many at work. What is assumed of crowd and edge is in
 * scale-settings.ts, and docs/scale.md says what follows. 100,000 take 20 minutes on a busy core, most
 * of it in the machines, whose every event copies a shard's members; so they run only when asked for.
 *
 * The asynchronous runs are short: what staleness costs shows only after many more versions.
 *
 * `roundSeconds<N>` from opening to the new version; `acceptedShare<N>` of those asked;
 * `ackP99Seconds<N>` from the first byte sent, of which `slotP99Seconds<N>` waiting in the shard's
 * queue; `rootRequests<N>` are reports, orders (`newsOnly<N>` of them bring news only) and reads;
 * `rootBusyShare<N>` of the time it was at work, at 1 ms a call; `rootCpuMs<N>` what a call took here.
 * `shardRequests<N>`, `socketMessages<N>`, `rowsWritten<N>`, `bytesUp<N>` and `bytesDown<N>` over all
 * shards; `shardPeakMb<N>` and `rootPeakMb<N>` by arithmetic; `costDollars<N>` at list prices.
 */
export const scale: Bench = async ({ options, say }) => {
  const crowds = (options['volunteers'] ?? '1000,10000').split(',').map(Number);
  const figures: Record<string, number> = { parameters: MODEL.parameters };
  const note = (of: Record<string, number>, suffix: number, prefix = '') => {
    for (const [key, value] of Object.entries(of))
      figures[`${prefix}${prefix ? key[0]!.toUpperCase() + key.slice(1) : key}${suffix}`] = value;
  };
  for (const deltas of crowds) {
    const start = performance.now();
    note(figuresOf(await simulate({ mode: 'sync', goal: deltas, deltas, seed: SEED })), deltas);
    const goal = Math.min(deltas, BUFFER);
    const buffered = await simulate({ mode: 'async', goal, deltas, seed: SEED });
    note(bufferedFigures(buffered), deltas, 'async');
    say(`${deltas} volunteers: simulated in ${Math.round((performance.now() - start) / 1000)} s`);
  }
  return { seeds: [SEED], figures };
};

function figuresOf(run: Run): Record<string, number> {
  const { tally, outcomes, shards } = run;
  const { counts } = tally;
  const [round] = outcomes;
  if (!round || round.outcome === 'abandoned')
    throw new Error(`scale: the round was abandoned: ${round?.reason}`);
  const cost = costOf(run);
  return {
    ...{ shards, roundSeconds: (round.closedAt - round.openedAt) / 1000 },
    ...{ asked: round.asked, accepted: round.accepted },
    ...{ acceptedShare: round.accepted / round.asked, sentAway: counts.sentAway },
    ackP50Seconds: quantile(tally.acks, 0.5) / 1000,
    ackP99Seconds: quantile(tally.acks, 0.99) / 1000,
    slotP99Seconds: quantile(tally.slotWaits, 0.99) / 1000,
    ...trafficOf(run),
    ...{ bytesUp: counts.bytesUp, bytesDown: counts.bytesDown + counts.newsBytes },
    ...{ newsBytes: counts.newsBytes, linesOfAShard: run.lines },
    ...{ shardPeakMb: shardBytes(run, 1) / 1e6, rootPeakMb: rootBytes(shards) / 1e6 },
    ...{ costDollars: totalOf(cost), costPer1000: (1000 * totalOf(cost)) / round.accepted },
    ...Object.fromEntries(
      Object.entries(cost).map(([item, dollars]) => [`${item}Dollars`, dollars]),
    ),
  };
}

function trafficOf({ tally, seconds, cohortBytes }: Run): Record<string, number> {
  const { counts, rootCalls } = tally;
  const { reports, orders, newsOnly, reads, uploads, upgrades, alarms } = counts;
  return {
    ...{ rootRequests: reports + orders + reads, reports, orders, newsOnly, reads },
    rootBusyShare: (rootCalls.length * EDGE.rootMs) / 1000 / seconds,
    rootWaitP99Ms: quantile(rootCalls, 0.99),
    rootCpuMs: counts.rootMs / rootCalls.length,
    shardRequests: orders + reads + uploads + upgrades + alarms,
    socketMessages: counts.socketIn + counts.socketOut,
    newsMessages: counts.news,
    ...{ rowsWritten: counts.rowsWritten, cohortRows: counts.cohortRows },
    ...{ checkpoints: counts.checkpoints, cohortRowKb: cohortBytes / 1000 },
    ...{ uploadsBusy: counts.busy, uploadsTooSlow: counts.tooSlow },
  };
}

/** An asynchronous run: how fast versions come, and how much work is in vain. */
function bufferedFigures(run: Run): Record<string, number> {
  const { outcomes, tally } = run;
  const { counts } = tally;
  const accepted = outcomes.reduce((sum, one) => sum + one.accepted, 0);
  const first = outcomes[0]!.openedAt;
  const seconds = (outcomes.at(-1)!.closedAt - first) / 1000;
  return {
    ...{ rounds: outcomes.length, deltasARound: accepted / outcomes.length },
    ...{ secondsAVersion: seconds / outcomes.length, deltasPerSecond: accepted / seconds },
    lostShare: (counts.dismissed + counts.refused) / counts.asked,
    ackP99Seconds: quantile(tally.acks, 0.99) / 1000,
    rootBusyShare: (tally.rootCalls.length * EDGE.rootMs) / 1000 / run.seconds,
    rowsWritten: counts.rowsWritten,
    shardPeakMb: shardBytes(run, 2) / 1e6,
    costPer1000: (1000 * totalOf(costOf(run))) / accepted,
  };
}

/** Sums, bodies under way and those that wait for the disk, lines, and the cohort as object and as text. */
function shardBytes({ lines, cohortBytes }: Run, sums: number): number {
  const bodies = 2 * Math.max(messageSize, TAKEN_IN);
  return sums * sumBytes + bodies + lines * EDGE.lineBytes + 2 * cohortBytes;
}

/** Base, mean, step and what is stored, float32; the sum's slice, and those that are on their way. */
function rootBytes(shards: number): number {
  const slice = 8 * sumSliceSizeFor(shards, MODEL.parameters);
  return 4 * 4 * MODEL.parameters + slice + COPIES * 8 * HELD;
}
