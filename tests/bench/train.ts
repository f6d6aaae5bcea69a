import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { parse } from 'valibot';
import { startBackend } from '../../client/tf.ts';
import { Random } from '../../shared/math/random.ts';
import { initialise, type Tf } from '../../shared/nn/params.ts';
import { fixmatch } from '../../shared/objectives/semi/fixmatch.ts';
import { Session } from '../../shared/train/session.ts';
import { MATMUL_FLOPS, MatMul, trainingFlops } from './peak.ts';
import { median } from './quantile.ts';
import type { Bench } from './run.ts';
import { BareStep, BATCH, benchModel, noiseImages, SEED, type Stepped } from './step.ts';

const WARM = 3;
const REPEATS = 15;

/**
 * Images a second of one training step (forward, backward, update; batch 32, 28 x 28) in Node on
 * one thread, medians of 15 steps that take turns, so that whatever else the machine does hits all
 * alike: `wasmImagesPerSecondConv32`, `...Conv64`, `...Strided`.
 *
 * Two baselines, on conv4-32: `wasmSpeedupOverComposed`, against tfjs's own wasm kernels with the one
 * that is missing composed from its convolution (composed.ts, in a second process), and
 * `wasmSpeedupOverCpu`, against the cpu backend, of which a single step is timed: it takes seconds.
 * The losses of both are compared with ours, step for step: they do the same work.
 *
 * `wasmShareOfPeakConv64`: the multiply-adds that conv4-64's step needs, a second, over those of
 * XNNPACK's matrix product, which stands for the machine's peak (peak.ts). `fixmatchShare`: images a
 * second of a whole volunteer's step (views, labels, teacher's average; the default, labels fixed for
 * a round) over the bare net's, both with one pass forward and backward an image, on the default net.
 *
 * Not measured: WebGPU and WebGL, which need a browser, and labelling at the beginning of a round.
 */
export const train: Bench = async ({ say }) => {
  const { tf } = await startBackend(['wasm']);
  const cases = await casesOf(tf);
  const seen = await takeTurns(cases);
  for (const { dispose } of Object.values(cases)) dispose();
  const ms = Object.fromEntries(Object.entries(seen).map(([name, list]) => [name, middle(list)]));
  for (const [name, value] of Object.entries(ms)) say(`${name}: ${value.toFixed(2)} ms`);
  checkSame('composed', seen['conv32']!, seen['composed']!);
  const flops = BATCH * trainingFlops(tf, benchModel('conv4-64'));
  const cpu = await cpuStep();
  say(`cpu: ${cpu.milliseconds.toFixed(0)} ms`);
  checkSame('cpu', seen['conv32']!, [cpu]);
  return { seeds: [SEED], figures: figuresOf(ms, flops, cpu.milliseconds) };
};

function figuresOf(
  ms: Record<string, number>,
  flops: number,
  cpuMs: number,
): Record<string, number> {
  const perSecond = (milliseconds: number) => (1000 * BATCH) / milliseconds;
  const { conv32 = 0, conv64 = 0, strided = 0, composed = 0, matmul = 0, session = 0 } = ms;
  return {
    wasmImagesPerSecondConv32: perSecond(conv32),
    wasmImagesPerSecondConv64: perSecond(conv64),
    wasmImagesPerSecondStrided: perSecond(strided),
    composedImagesPerSecondConv32: perSecond(composed),
    cpuImagesPerSecondConv32: perSecond(cpuMs),
    wasmSpeedupOverComposed: composed / conv32,
    wasmSpeedupOverCpu: cpuMs / conv32,
    matmulGigaflops: MATMUL_FLOPS / matmul / 1e6,
    wasmShareOfPeakConv64: flops / conv64 / (MATMUL_FLOPS / matmul),
    fixmatchShare: strided / session,
  };
}

/** Something to time, again and again. `loss` where it computes one. */
type Case = { run: () => Promise<Stepped>; dispose: () => void };

async function casesOf(tf: Tf): Promise<Record<string, Case>> {
  const bare = (net: ConstructorParameters<typeof BareStep>[1]): Case => {
    const step = new BareStep(tf, net);
    return { run: () => step.run(), dispose: () => step.dispose() };
  };
  const product = new MatMul(tf);
  return {
    conv32: bare('conv4-32'),
    composed: composedCase(),
    conv64: bare('conv4-64'),
    matmul: {
      run: async () => ({ milliseconds: await product.run(), loss: 0 }),
      dispose: () => product.dispose(),
    },
    strided: bare('strided'),
    session: await sessionCase(tf),
  };
}

async function takeTurns(cases: Record<string, Case>): Promise<Record<string, Stepped[]>> {
  const seen = Object.fromEntries(Object.keys(cases).map((name) => [name, [] as Stepped[]]));
  for (let turn = 0; turn < WARM + REPEATS; turn++)
    for (const [name, { run }] of Object.entries(cases)) seen[name]!.push(await run());
  return seen;
}

function middle(steps: Stepped[]): number {
  return median(steps.slice(WARM).map(({ milliseconds }) => milliseconds));
}

/** A baseline that computed something else would be no baseline. */
function checkSame(name: string, ours: Stepped[], theirs: Stepped[]): void {
  theirs.forEach(({ loss }, i) => {
    if (!(Math.abs(loss - ours[i]!.loss) < 1e-3))
      throw new Error(`bench: step ${i} on ${name} has the loss ${loss}, ours ${ours[i]!.loss}`);
  });
}

function composedCase(): Case {
  const script = fileURLToPath(new URL('composed.ts', import.meta.url));
  const child: ChildProcess = fork(script, { execArgv: [] });
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
