import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { parse } from 'valibot';
import { startBackend } from '../../client/tf.ts';
import { Random } from '../../shared/math/random.ts';
import type { NetName } from '../../shared/nn/index.ts';
import { initialise, type Tf } from '../../shared/nn/params.ts';
import { fixmatch } from '../../shared/objectives/semi/fixmatch.ts';
import { Session } from '../../shared/train/session.ts';
import { Peak, PEAK_FLOPS, trainingFlops } from './peak.ts';
import { profile } from './profile.ts';
import { median } from './quantile.ts';
import type { Bench } from './run.ts';
import { BareStep, BATCH, benchModel, noiseImages, SEED, type Stepped } from './step.ts';

const WARM = 3;
const REPEATS = 15;

/**
 * Training in Node on one thread: `wasmImagesPerSecondConv32`, `...Conv64` and `...Strided` are images
 * a second of one step (forward, backward, update; batch 32, 28 x 28). Everything takes turns with
 * everything else; figures are medians of 15 turns, and ratios are taken turn by turn.
 *
 * Baselines: `wasmSpeedupOverComposed` (conv4-32) and `...Composed64` (conv4-64), against tfjs's own
 * wasm kernels with the one that is missing composed from its convolution (composed.ts, in processes of
 * their own), and `wasmSpeedupOverCpu`, conv4-32 against the cpu backend, of which a single step is
 * timed: it takes seconds. The losses are compared with ours, step for step: they do the same work.
 *
 * `wasmShareOfPeakConv32` and `...Conv64`: the multiply-adds that a step needs, a second, over the
 * machine's peak on one thread (peak.ts). `fixmatchShare`: images a second of a whole volunteer's step
 * (views, labels, teacher's average; the default, labels fixed for a round) over the bare net's, both
 * with one pass forward and backward an image, on the default net.
 *
 * Behind the figures a table of each network's step by kernel (profile.ts), for a person.
 *
 * Not measured: WebGPU and WebGL, which need a browser, and labelling at the beginning of a round.
 */
export const train: Bench = async ({ say }) => {
  const { tf } = await startBackend(['wasm']);
  const cases = await casesOf(tf);
  const seen = await takeTurns(cases);
  await sayProfiles(tf, cases, say);
  for (const { dispose } of Object.values(cases)) dispose();
  checkSame('composed', seen.conv32, seen.composed);
  checkSame('composed', seen.conv64, seen.composed64);
  const cpu = await cpuStep();
  checkSame('cpu', seen.conv32, [cpu]);
  const timed = timesOf(seen);
  for (const [name, list] of Object.entries(timed)) say(`${name}: ${median(list).toFixed(2)} ms`);
  say(`cpu: ${cpu.milliseconds.toFixed(0)} ms`);
  return { seeds: [SEED], figures: figuresOf(tf, timed, cpu.milliseconds) };
};

function figuresOf(tf: Tf, ms: Times, cpuMs: number): Record<string, number> {
  const perSecond = (times: number[]) => (1000 * BATCH) / median(times);
  // Turn by turn, so that a load that comes and goes hits both sides of a ratio.
  const ratio = (a: number[], b: number[]) => median(a.map((value, turn) => value / b[turn]!));
  const shareOfPeak = (net: NetName, times: number[]) =>
    ((BATCH * trainingFlops(tf, benchModel(net))) / PEAK_FLOPS) * ratio(ms.peak, times);
  return {
    wasmImagesPerSecondConv32: perSecond(ms.conv32),
    wasmImagesPerSecondConv64: perSecond(ms.conv64),
    wasmImagesPerSecondStrided: perSecond(ms.strided),
    composedImagesPerSecondConv32: perSecond(ms.composed),
    composedImagesPerSecondConv64: perSecond(ms.composed64),
    cpuImagesPerSecondConv32: perSecond([cpuMs]),
    wasmSpeedupOverComposed: ratio(ms.composed, ms.conv32),
    wasmSpeedupOverComposed64: ratio(ms.composed64, ms.conv64),
    wasmSpeedupOverCpu: cpuMs / median(ms.conv32),
    peakGigaflops: PEAK_FLOPS / Math.min(...ms.peak) / 1e6,
    wasmShareOfPeakConv32: shareOfPeak('conv4-32', ms.conv32),
    wasmShareOfPeakConv64: shareOfPeak('conv4-64', ms.conv64),
    fixmatchShare: ratio(ms.strided, ms.session),
  };
}

/** Kernels that take less of a step than this are left out of its table. */
const WORTH_SAYING_MS = 0.05;

async function sayProfiles(tf: Tf, cases: Record<Name, Case>, say: (line: string) => void) {
  for (const name of ['conv32', 'conv64', 'strided'] as const) {
    const step = async () => (await cases[name].run()).milliseconds;
    const shares = await profile(tf, step, REPEATS);
    say(`${name}, by kernel, in ms:`);
    for (const { kernel, milliseconds, calls } of shares)
      if (milliseconds >= WORTH_SAYING_MS)
        say(`  ${kernel.padEnd(24)} ${milliseconds.toFixed(2).padStart(7)}  ${calls} calls`);
  }
}

/** Something to time, again and again. `loss` where it computes one. */
type Case = { run: () => Promise<Stepped>; dispose: () => void };
type Name = 'conv32' | 'composed' | 'conv64' | 'composed64' | 'peak' | 'strided' | 'session';
type Times = Record<Name, number[]>;

async function casesOf(tf: Tf): Promise<Record<Name, Case>> {
  const bare = (net: NetName): Case => {
    const step = new BareStep(tf, net);
    return { run: () => step.run(), dispose: () => step.dispose() };
  };
  const peak = new Peak();
  return {
    conv32: bare('conv4-32'),
    composed: composedCase('conv4-32'),
    conv64: bare('conv4-64'),
    composed64: composedCase('conv4-64'),
    peak: {
      run: async () => ({ milliseconds: peak.run(), loss: 0 }),
      dispose: () => undefined,
    },
    strided: bare('strided'),
    session: await sessionCase(tf),
  };
}

async function takeTurns(cases: Record<Name, Case>): Promise<Record<Name, Stepped[]>> {
  const names = Object.keys(cases) as Name[];
  const seen = Object.fromEntries(names.map((name) => [name, [] as Stepped[]]));
  for (let turn = 0; turn < WARM + REPEATS; turn++)
    for (const name of names) seen[name]!.push(await cases[name].run());
  return seen as Record<Name, Stepped[]>;
}

/** Milliseconds of the turns that count. */
function timesOf(seen: Record<Name, Stepped[]>): Times {
  const counted = Object.entries(seen).map(([name, steps]) => [
    name,
    steps.slice(WARM).map(({ milliseconds }) => milliseconds),
  ]);
  return Object.fromEntries(counted) as Times;
}

/** A baseline that computed something else would be no baseline. */
function checkSame(name: string, ours: Stepped[], theirs: Stepped[]): void {
  theirs.forEach(({ loss }, i) => {
    if (!(Math.abs(loss - ours[i]!.loss) < 1e-3))
      throw new Error(`bench: step ${i} on ${name} has the loss ${loss}, ours ${ours[i]!.loss}`);
  });
}

function composedCase(net: NetName): Case {
  const script = fileURLToPath(new URL('composed.ts', import.meta.url));
  const child: ChildProcess = fork(script, [net], { execArgv: [] });
  const gone = once(child, 'exit').then(([code]) => {
    throw new Error(`bench: the baseline's process ended with ${code}`);
  });
  // Until somebody waits for a step, its end is nobody's business.
  gone.catch(() => undefined);
  return {
    async run() {
      child.send('step');
      const [stepped] = (await Promise.race([once(child, 'message'), gone])) as [Stepped];
      return stepped;
    },
    dispose: () => child.kill(),
  };
}

/** A volunteer's step as the default plan has it. Every image is kept, sure or not: no time hangs on it. */
async function sessionCase(tf: Tf): Promise<Case> {
  const model = benchModel('strided');
  const count = 8 * BATCH;
  const session = await Session.start({
    ...{ tf, model, objective: fixmatch, config: parse(fixmatch.config, { threshold: 0 }) },
    ...{
      weights: initialise(model.layout, new Random(SEED)),
      data: { images: noiseImages(count), count },
    },
    ...{ batch: BATCH, momentum: 0.9, clip: 1, averageDecay: 0.98, seed: SEED },
  });
  return {
    async run() {
      const start = performance.now();
      const terms = session.step(0.01);
      const [loss] = await terms['unlabelled']!.data();
      const milliseconds = performance.now() - start;
      for (const term of Object.values(terms)) term.dispose();
      return { milliseconds, loss: loss as number };
    },
    dispose: () => session.dispose(),
  };
}

/** The first step of conv4-32 in plain JavaScript: seconds, next to which compiling it is nothing. */
async function cpuStep(): Promise<Stepped> {
  const { tf } = await startBackend(['cpu']);
  const step = new BareStep(tf, 'conv4-32');
  const stepped = await step.run();
  step.dispose();
  return stepped;
}
