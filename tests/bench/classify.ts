import { range } from '../../shared/math/random.ts';
import type { Encoder } from '../../worker/classify/encoder.ts';
import {
  adding,
  BATCH,
  encoderHere,
  FEW,
  FEW_ID,
  ID,
  newProject,
  removing,
  REQUESTS,
  SEED,
  timeEmbedding,
} from './classify-task.ts';
import { createLive, withEdge, type BenchEdge } from './edge.ts';
import { load } from './load.ts';
import { median, quantile } from './quantile.ts';
import { Connections, type Asked } from './requests.ts';
import type { Bench } from './run.ts';

const CONNECTIONS = 8;
/** Of an open loop: as many as may be under way when the worker stands still for a moment. */
const OPEN_CONNECTIONS = 64;
const BLOCKS = 5;
const BLOCK_SECONDS = 2;
const IN_TURN = 200;
const ADDED = 20;
const MANY_CLASSES = 10_000;
const CHUNK = 200;
const TURNS = 20;

type Kind = keyof typeof REQUESTS | 'embedding' | 'half' | 'noopHalf' | 'late';
type Times = Record<Kind, number[]>;

/**
 * The classify route of the real worker over loopback, without Miniflare's front: conv4-64, 28 x 28, 36
 * classes, the tensor in the body. Beside it, in blocks that take turns, `GET /healthz`, the route that
 * does nothing: what HTTP, workerd and this client cost. Client and worker share the machine's cores.
 *
 * `requestsPerSecond` and `noopRequestsPerSecond` over 8 kept-alive connections (medians of the
 * blocks); `p50Ms`, `p99Ms`, `noopP50Ms` and `pngP50Ms` (a PNG of 112 x 112 in place of the tensor)
 * over one, all blocks together. `embeddingMs` is the median of the same encoder's pass over one
 * image in *this* process, on the same wasm kernels, between the blocks: clocks stand still inside
 * workerd while it computes. `shareOfLimit` is requestsPerSecond x embeddingMs, the part of one core
 * that goes into the network; `overheadMs` is p50Ms - noopP50Ms - embeddingMs.
 *
 * `halfRateP50Ms`, `halfRateP99Ms`: requests that another process sends at half of that rate whether
 * the ones before are answered or not (load.ts); `halfRateTail`, the one over the other. `noopTail` is the
 * same of the route that does nothing, at the same rate: how much of it is workerd's and the machine's
 * other work. `clientLateP99Ms`, how late that process itself was. `batchImageMs`: a batch of 32, an image;
 * `batchShare`: of p50Ms. `addClassP95Ms`: adding a class of five examples, 20 times.
 *
 * With 10,000 classes of 64 numbers: `manyClassesP50Ms` an answer, `manyClassesMs` what it takes longer
 * than one of the same network with 36 classes, in turn with it; `changedMs` the first answer after a
 * change, for which the next classifier is made of the one before.
 *
 * Not measured: a network between the two, TLS, a cold isolate, and D1 and R2 at a distance.
 */
export const classify: Bench = async ({ say }) => {
  const encoder = await encoderHere();
  const figures = await withEdge(say, (edge) => measure(edge, encoder, say), { direct: true });
  encoder.dispose();
  return { seeds: [SEED], figures };
};

async function measure(
  edge: BenchEdge,
  encoder: Encoder,
  say: (line: string) => void,
): Promise<Record<string, number>> {
  for (const id of [ID, FEW_ID]) await createLive(edge, newProject(id));
  const [one, many] = [1, CONNECTIONS].map((count) => new Connections(edge.origin, count)) as [
    Connections,
    Connections,
  ];
  for (const asked of Object.values(REQUESTS)) await one.inTurn(asked, 20);
  const times: Times = {
    noop: [],
    tensor: [],
    batch: [],
    png: [],
    embedding: [],
    half: [],
    noopHalf: [],
    late: [],
  };
  const [rates, noopRates] = [[] as number[], [] as number[]];
  for (let block = 1; block <= BLOCKS; block++) {
    noopRates.push(await many.rate(REQUESTS.noop, BLOCK_SECONDS));
    rates.push(await many.rate(REQUESTS.tensor, BLOCK_SECONDS));
    times.noop.push(...(await one.inTurn(REQUESTS.noop, IN_TURN)));
    times.tensor.push(...(await one.inTurn(REQUESTS.tensor, IN_TURN)));
    times.png.push(...(await one.inTurn(REQUESTS.png, IN_TURN / 4)));
    times.batch.push(...(await one.inTurn(REQUESTS.batch, IN_TURN / 20)));
    times.embedding.push(...(await timeEmbedding(encoder, IN_TURN)));
    const half = median(rates) / 2;
    for (const [kind, asked] of [
      ['noopHalf', REQUESTS.noop],
      ['half', REQUESTS.tensor],
    ] as const) {
      const { origin } = edge;
      const plan = { perSecond: half, seconds: BLOCK_SECONDS, connections: OPEN_CONNECTIONS };
      const loaded = await load({ origin, asked, ...plan });
      times[kind].push(...loaded.times);
      times.late.push(...loaded.lateness);
    }
    say(
      `block ${block}: ${rates.at(-1)!.toFixed(0)} a second, no-op ${noopRates.at(-1)!.toFixed(0)}`,
    );
  }
  const figures = {
    ...figuresOf(median(rates), median(noopRates), times),
    addClassP95Ms: quantile(await timeClasses(edge, one), 0.95),
    ...(await timeManyClasses(edge, one, say)),
  };
  for (const connections of [one, many]) connections.close();
  return figures;
}

function figuresOf(
  requestsPerSecond: number,
  noopRequestsPerSecond: number,
  times: Times,
): Record<string, number> {
  const [p50Ms, noopP50Ms, embeddingMs] = [times.tensor, times.noop, times.embedding].map(
    median,
  ) as [number, number, number];
  const [halfRateP50Ms, halfRateP99Ms] = [median(times.half), quantile(times.half, 0.99)];
  const batchImageMs = median(times.batch) / BATCH;
  return {
    ...{ requestsPerSecond, noopRequestsPerSecond, p50Ms, p99Ms: quantile(times.tensor, 0.99) },
    ...{ noopP50Ms, embeddingMs },
    shareOfLimit: (requestsPerSecond * embeddingMs) / 1000,
    overheadMs: p50Ms - noopP50Ms - embeddingMs,
    pngP50Ms: median(times.png),
    ...{ halfRateP50Ms, halfRateP99Ms, halfRateTail: halfRateP99Ms / halfRateP50Ms },
    noopP99Ms: quantile(times.noopHalf, 0.99),
    noopTail: quantile(times.noopHalf, 0.99) / median(times.noopHalf),
    clientLateP99Ms: quantile(times.late, 0.99),
    ...{ batchImageMs, batchShare: batchImageMs / p50Ms },
  };
}

/** Adds so many classes, one behind the other, and takes them away again. */
async function timeClasses({ adminToken }: BenchEdge, one: Connections): Promise<number[]> {
  const names = range(ADDED).map((i) => `added ${i}`);
  const times: number[] = [];
  for (const name of names) times.push(await one.time(adding(adminToken, [name], 5)));
  for (const name of names) await one.time(removing(adminToken, name));
  return times;
}

async function timeManyClasses(
  { adminToken, anyone }: BenchEdge,
  one: Connections,
  say: (line: string) => void,
): Promise<Record<string, number>> {
  const asked = REQUESTS.tensor;
  const before = await anyone.call('listClasses', { params: { project: ID } });
  const names = range(MANY_CLASSES - before.length).map((i) => `many ${i}`);
  for (let from = 0; from < names.length; from += CHUNK)
    await one.time(adding(adminToken, names.slice(from, from + CHUNK), 1));
  say(`${MANY_CLASSES} classes`);
  // Asked as an admin, so that it knows of the change.
  const now: Asked = {
    ...asked,
    headers: { ...asked.headers, authorization: `Bearer ${adminToken}` },
  };
  const changed: number[] = [];
  for (const name of names.slice(0, 10)) {
    await one.inTurn(asked, 5);
    await one.time(removing(adminToken, name));
    changed.push(await one.time(now));
  }
  const [few, many] = [[] as number[], [] as number[]];
  for (const _ of range(TURNS)) {
    few.push(...(await one.inTurn(FEW, IN_TURN / TURNS)));
    many.push(...(await one.inTurn(asked, IN_TURN / TURNS)));
  }
  return {
    manyClassesP50Ms: median(many),
    manyClassesMs: median(many) - median(few),
    changedMs: median(changed),
  };
}
