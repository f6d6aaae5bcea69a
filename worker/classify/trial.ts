import type { Context } from 'hono';
import { shardOf } from '../../shared/rounds/shards.ts';
import type { App } from '../handler.ts';
import { count } from '../observe/count.ts';
import type { Entries } from '../observe/tally.ts';
import { prefixOf, recentCanary } from '../registry/canary.ts';
import { openDb, type Live } from '../registry/projects.ts';

/** What a version answers: one label an image, and which version that was. */
type Answered = { verdicts: readonly { label: string }[] };

const FINENESS = 1_000_000;

/**
 * Whether a request is among a canary's share: by a hash of its id, so that it can be told beforehand
 * and no isolate keeps count.
 */
export function isChosen(requestId: string, share: number): boolean {
  return shardOf(requestId, FINENESS) < share * FINENESS;
}

/**
 * Answers with the live version, or with a canary where one has this request in its share. Then the
 * live version answers as well, behind the reply, and what both said and how long they took is counted.
 * @param answerBy what a version makes of the request, at the given revision of the classes
 */
export async function answerOnTrial<A extends Answered>(
  c: Context<App>,
  project: string,
  live: Live,
  answerBy: (live: Live) => Promise<A>,
): Promise<A> {
  const canary = await recentCanary(openDb(c.env.DB), project);
  const isOn = canary && canary.version !== live.version;
  if (!isOn || !isChosen(c.get('requestId'), canary.share)) return answerBy(live);
  const { version, weights } = canary;
  const { answer, ms } = timed(() => answerBy({ ...live, version, weights }));
  const mine = await answer;
  const prefix = prefixOf(canary);
  const note = (entries: Entries) => c.executionCtx.waitUntil(add(c, project, prefix, entries));
  note({ counts: { answered: 1 } });
  const comparison = compare(mine, () => answerBy(live));
  c.executionCtx.waitUntil(
    Promise.all([comparison, ms]).then(([{ counts, liveMs }, canaryMs]) =>
      note({ counts, observed: { 'canary-ms': canaryMs, 'live-ms': liveMs } }),
    ),
  );
  return mine;
}

type Timed<A> = { answer: Promise<A>; ms: Promise<number> };

/**
 * The clock stands still on Cloudflare while a worker computes, and moves with its next I/O: so the time
 * is taken once a timer of no length has rung behind the answer, in which case it is the time from the
 * last I/O before to the first one after. Reading weights and classes, at an isolate's first answer by
 * a version, is part of it.
 */
function timed<A>(work: () => Promise<A>): Timed<A> {
  const start = Date.now();
  const answer = work();
  const ms = answer.then(async () => {
    await scheduler.wait(0);
    return Date.now() - start;
  });
  // Whoever waits for the answer hears of a failure; this only measures.
  ms.catch(() => undefined);
  return { answer, ms };
}

/** How many images both call the same, and how long the live version takes, after the candidate has answered. */
async function compare<A extends Answered>(
  mine: A,
  answerByLive: () => Promise<A>,
): Promise<{ counts: Record<string, number>; liveMs: number }> {
  // The reply goes out before.
  await scheduler.wait(0);
  const live = timed(answerByLive);
  const theirs = await live.answer;
  const agreed = mine.verdicts.filter(({ label }, i) => label === theirs.verdicts[i]?.label);
  const counts = { compared: mine.verdicts.length, agreed: agreed.length };
  return { counts, liveMs: await live.ms };
}

/** Adds to the project's counters under this canary's names, with what others add in this second. */
async function add(
  c: Context<App>,
  project: string,
  prefix: string,
  { counts = {}, observed = {} }: Entries,
): Promise<void> {
  const named = (values: Record<string, number>) =>
    Object.fromEntries(Object.entries(values).map(([name, value]) => [prefix + name, value]));
  await count(c.env, project, { counts: named(counts), observed: named(observed) });
}
