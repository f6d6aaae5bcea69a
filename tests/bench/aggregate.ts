import { parse } from 'valibot';
import type { EncodedDelta } from '../../client/net/upload.ts';
import { PlanSchema, type PlanInput } from '../../shared/api/plan.ts';
import { recipeOf } from '../../shared/api/recipe.ts';
import type { NewProject } from '../../shared/api/schemas/projects.ts';
import type { TrainingState } from '../../shared/protocol/messages.ts';
import { Random, range } from '../../shared/math/random.ts';
import { encode } from '../../shared/weights/codec.ts';
import { arriveAll, Watcher, type IdleVolunteer } from './idle.ts';
import { blankProject, createLive, withEdge, type BenchEdge } from './edge.ts';
import { watchMemory } from './memory.ts';
import { median } from './quantile.ts';
import type { Bench } from './run.ts';
import { sink } from './sink.ts';

const SEED = 7;
const ROUNDS = 3;
/**
 * Rounds of one volunteer before anything is measured. The server's own step adds 150 MB of garbage in
 * each of the first two, however many volunteers there are (its 1,000 classes are embedded anew), and
 * nothing from the third on.
 */
const WARM_UP = 3;
const ID = 'bench';
/** Bodies of a million parameters that a shard reads at once (worker/rounds/slots.ts). */
const SLOTS = 7;
/** Different messages that the crowd shares: enough that nothing can be answered from a cache. */
const MESSAGES = 4;

/**
 * A round of N volunteers and P parameters through the real worker: tickets, socket.io and deltas
 * over loopback into workerd, without Miniflare's front, on disk. After everybody has fetched the weights, all deltas are sent
 * at once, the worst that a crowd can do. Volunteers and worker share the machine's cores.
 *
 * Of the largest crowd, medians of three rounds: `roundSeconds` from the first assignment heard to
 * the end of aggregation; in it `downloadSeconds` for all weights, `uploadSeconds` from the first
 * byte sent to the last acknowledgement, `secondsAfterLast` from there to the new weights stored (0
 * where the acknowledgement is the later of the two: it waits for the disk), `aggregatingSeconds`
 * between the two changes of phase; `secondsFromFirstByte` from the first byte sent to the new weights
 * stored, `sinkSeconds` what the same bodies take to a worker that does nothing with them, and
 * `secondsAfterPossible` the difference: what a round lasts after its last byte can have come.
 * `updatesPerSecond` is N over uploadSeconds.
 *
 * Of every crowd size N, in a workerd of its own: `peakMemoryMb<N>`, the most that it held over all
 * three rounds above what it held before, after a first round of one volunteer, and `residentMb<N>`, that most itself, the
 * server's steps between the rounds included; `sinkMemoryMb<N>` what the same bodies alone add to the
 * workerd of a worker that does nothing with them; `memoryGrowth` is the largest crowd's peak over the
 * smallest's.
 *
 * Not measured: learning (deltas are noise, encoded before the clock starts), the time of the
 * server's own step and evaluation after the aggregation, and how volunteers join.
 */
export const aggregate: Bench = async ({ options, say }) => {
  const crowds = (options['volunteers'] ?? '10,100')
    .split(',')
    .map(Number)
    .sort((a, b) => a - b);
  const plan = planOf(Number(options['parameters'] ?? 1_000_000), Math.max(...crowds));
  const figures: Record<string, number> = { parameters: plan.parameters };
  for (const volunteers of crowds) {
    say(`${volunteers} volunteers, ${plan.parameters} parameters`);
    const work = (edge: BenchEdge) => measure(edge, plan, volunteers, say);
    Object.assign(figures, await withEdge(say, work, { direct: true }));
  }
  for (const [growth, key] of Object.entries(GROWTHS)) {
    const [least, most] = [crowds[0], crowds.at(-1)].map((n) => figures[`${key}${n}`]);
    if (crowds.length > 1 && least && most) figures[growth] = most / least;
  }
  return { seeds: [SEED], figures };
};

const GROWTHS = { residentGrowth: 'residentMb', memoryGrowth: 'peakMemoryMb' };

type Sized = { plan: PlanInput; classes: number; parameters: number };

/** No net is that large by itself: the classifier over many classes makes up the number. */
function planOf(wanted: number, goal: number): Sized {
  for (const size of [64, 128]) {
    const plan = benchPlan(size, goal);
    const count = (classes: number) => recipeOf(parse(PlanSchema, plan), classes).model.layout.size;
    const each = count(3) - count(2);
    const classes = Math.max(2, Math.round((wanted - count(2)) / each) + 2);
    if (classes <= 1000) return { plan, classes, parameters: count(classes) };
  }
  throw new Error(`bench: no network here has ${wanted} parameters`);
}

function benchPlan(size: number, goal: number): PlanInput {
  return {
    ...{ net: 'strided', input: { size, channels: 1 }, codec: 'int8', seed: SEED },
    round: { goal, minimum: 1, deadlineSeconds: 1800 },
    // As little as there can be: what follows the aggregation is not what is measured.
    server: { warmupSteps: 1, steps: 1, batch: 1, tolerance: 1 },
  };
}

function projectOf({ plan, classes }: Sized, goal: number): NewProject {
  const rounds = { ...plan, round: { ...plan.round, goal } };
  return blankProject(ID, rounds, classes, plan.input!.size);
}

async function measure(
  edge: BenchEdge,
  sized: Sized,
  volunteers: number,
  say: (line: string) => void,
): Promise<Record<string, number>> {
  await createLive(edge, projectOf(sized, volunteers));
  const messages = messagesOf(sized.parameters);
  const bodies = range(volunteers).map((i) => messages[i % MESSAGES]!);
  const nothing = await sink(bodies);
  const slotted = await sink(bodies, SLOTS);
  await warmUp(edge, messages);
  const memory = watchMemory(edge.pid());
  const crowd = await arriveAll(edge.origin, ID, volunteers);
  const watcher = new Watcher(edge.origin, ID);
  const rounds: Timed[] = [];
  for (let round = WARM_UP + 1; round <= WARM_UP + ROUNDS; round++) {
    rounds.push(await timeRound(edge, crowd, watcher, messages, round));
    const { roundSeconds, downloadSeconds, uploadSeconds } = rounds.at(-1)!;
    const [all, down, up] = [roundSeconds, downloadSeconds, uploadSeconds].map((s) => s.toFixed(2));
    say(`  round ${round}: ${all} s, down ${down}, up ${up}`);
  }
  const peak = memory?.stop();
  watcher.close();
  for (const one of crowd) one.leave();
  const keys = Object.keys(rounds[0]!) as (keyof Timed)[];
  const medians = {
    ...Object.fromEntries(keys.map((key) => [key, median(rounds.map((one) => one[key]))])),
    sinkSeconds: nothing.seconds,
    secondsAfterPossible: median(rounds.map((one) => one.secondsFromFirstByte)) - nothing.seconds,
  };
  if (memory === undefined || peak === undefined) return medians;
  return {
    ...medians,
    [`residentMb${volunteers}`]: peak,
    [`peakMemoryMb${volunteers}`]: peak - memory.idleMb,
    [`sinkMemoryMb${volunteers}`]: nothing.peakMb!,
    [`slottedSinkMemoryMb${volunteers}`]: slotted.peakMb!,
  };
}

/**
 * Rounds of one volunteer: what the worker has in memory once it has done everything, the server's own
 * step included, is what it holds when nobody is there.
 */
async function warmUp(edge: BenchEdge, messages: EncodedDelta[]): Promise<void> {
  const [one] = await arriveAll(edge.origin, ID, 1);
  const watcher = new Watcher(edge.origin, ID);
  for (let round = 1; round <= WARM_UP; round++)
    await timeRound(edge, [one!], watcher, messages, round);
  watcher.close();
  one!.leave();
}

type Timed = Record<
  | 'roundSeconds'
  | 'downloadSeconds'
  | 'uploadSeconds'
  | 'aggregatingSeconds'
  | 'secondsAfterLast'
  | 'secondsFromFirstByte'
  | 'updatesPerSecond',
  number
>;

async function timeRound(
  edge: BenchEdge,
  crowd: IdleVolunteer[],
  watcher: Watcher,
  messages: EncodedDelta[],
  round: number,
): Promise<Timed> {
  const reached = (...phases: TrainingState['phase'][]) =>
    watcher.until((state) => state.round === round && phases.includes(state.phase));
  const closed = reached('aggregating');
  const aggregated = reached('finetuning', 'idle');
  const over = reached('idle');
  const assigned = crowd.map((one) => one.assignment());
  await edge.admin.call('startTraining', { params: { project: ID }, json: { rounds: 1 } });
  await Promise.race(assigned);
  const start = performance.now();
  const assignments = await Promise.all(assigned);
  await Promise.all(crowd.map((one, i) => one.download(assignments[i]!)));
  const loaded = performance.now();
  await Promise.all(crowd.map((one, i) => one.upload(assignments[i]!, messages[i % MESSAGES]!)));
  const sent = performance.now();
  await over;
  await checkCounted(edge, round, crowd.length);
  return inSeconds(crowd.length, {
    start,
    loaded,
    sent,
    closed: await closed,
    end: await aggregated,
  });
}

function inSeconds(
  count: number,
  at: Record<'start' | 'loaded' | 'sent' | 'closed' | 'end', number>,
): Timed {
  const uploadSeconds = (at.sent - at.loaded) / 1000;
  return {
    roundSeconds: (at.end - at.start) / 1000,
    downloadSeconds: (at.loaded - at.start) / 1000,
    uploadSeconds,
    aggregatingSeconds: (at.end - at.closed) / 1000,
    secondsAfterLast: Math.max(0, at.end - at.sent) / 1000,
    secondsFromFirstByte: (at.end - at.loaded) / 1000,
    updatesPerSecond: count / uploadSeconds,
  };
}

/** A round that lost a delta, or was given up, would be a fast one. */
async function checkCounted({ anyone }: BenchEdge, round: number, wanted: number): Promise<void> {
  const rounds = await anyone.call('listRounds', { params: { project: ID } });
  const ended = rounds.find(({ number }) => number === round);
  if (!ended || ended.outcome === 'abandoned' || ended.accepted !== wanted)
    throw new Error(
      `bench: round ${round} counted ${ended?.accepted} of ${wanted}: ${ended?.reason}`,
    );
}

/** Normal noise of a norm near one, as an honest delta has it. */
function messagesOf(parameters: number): EncodedDelta[] {
  const random = new Random(SEED);
  const deviation = 1 / Math.sqrt(parameters);
  return range(MESSAGES).map(() => {
    const delta = Float32Array.from({ length: parameters }, () => deviation * random.normal());
    return encode('int8', delta, random) as EncodedDelta;
  });
}
