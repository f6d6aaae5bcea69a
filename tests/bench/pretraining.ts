import { parse } from 'valibot';
import type { Labelled } from '../../client/sim/task.ts';
import { FEW_SHOT_HEADS } from '../../shared/fewshot/index.ts';
import { fewShotAccuracy } from '../../shared/evaluate/episodes.ts';
import type { Points } from '../../shared/math/k-means.ts';
import { Random, range } from '../../shared/math/random.ts';
import type { HeadName } from '../../shared/nn/heads/index.ts';
import type { NetName } from '../../shared/nn/index.ts';
import { createModel, type Model } from '../../shared/nn/model.ts';
import { dispose, initialise, unflatten, type Params, type Tf } from '../../shared/nn/params.ts';
import type { InputSpec } from '../../shared/nn/net.ts';
import type { LocalData, LossTerms, Objective } from '../../shared/objectives/contract.ts';
import { OBJECTIVES, type ObjectiveId } from '../../shared/objectives/index.ts';
import { featuresOf } from '../../shared/train/features.ts';
import { makeView } from '../../shared/train/loader.ts';
import { Session } from '../../shared/train/session.ts';
import type { ViewName } from '../../shared/views/index.ts';
import { subtract } from '../../shared/weights/delta.ts';

/** A stretch of learning by one objective, begun anew `rounds` times: clusters are found again in each. */
export type Phase = {
  objective: ObjectiveId;
  settings?: object;
  batch: number;
  rounds?: number;
  /** In all, over its rounds. */
  steps: number;
  rate?: number;
};

export type Pretraining = {
  tf: Tf;
  net: NetName;
  input: InputSpec;
  data: LocalData;
  phases: readonly Phase[];
  seed: number;
  say: (line: string) => void;
};

export type Pretrained = { model: Model; weights: Float32Array };

/** Adam's usual rate for nets of this size (Snell et al. 2017). */
const RATE = 1e-3;

/** Phase after phase from fresh weights, each along half a cosine; the moving average is kept. */
export async function pretrain(of: Pretraining): Promise<Pretrained> {
  const { phases, net, input, seed } = of;
  const objectives = phases.map(({ objective }) => OBJECTIVES[objective] as Objective);
  const heads = [...new Set<HeadName>(['cls', ...objectives.flatMap((one) => one.heads)])];
  const spec = { net, input, classes: 2, heads };
  const own = objectives.flatMap((one, i) => one.parameters?.(spec, configOf(phases[i]!)) ?? []);
  const unsent = objectives.flatMap((one) => one.unsent ?? []);
  const model = createModel({ ...spec, own, unsent });
  const fresh = initialise(model.layout, new Random(seed).fork('weights'));
  let weights = fresh;
  for (const phase of phases) weights = await learn(of, phase, { model, weights, fresh });
  return { model, weights };
}

function configOf({ objective, settings }: Phase): unknown {
  return parse(OBJECTIVES[objective].config, settings ?? {});
}

async function learn(
  { tf, data, seed, say }: Pretraining,
  phase: Phase,
  { model, weights, fresh }: Pretrained & { fresh: Float32Array },
): Promise<Float32Array> {
  const { batch, steps, rounds = 1, rate = RATE } = phase;
  const objective = OBJECTIVES[phase.objective] as Objective;
  const each = Math.ceil(steps / rounds);
  let current = weights;
  for (const round of range(rounds)) {
    const start = performance.now();
    // What volunteers keep to themselves begins afresh in every round.
    current = model.sent.moved(fresh, subtract(model.sent.take(current), model.sent.take(fresh)));
    const session = await Session.start({
      ...{ tf, model, objective, config: configOf(phase), weights: current, data, batch },
      ...{ optimiser: 'adam', momentum: 0.9, clip: 10, averageDecay: 0.99 },
      seed: seed * 1009 + round,
    });
    if (session.usable === 0) throw new Error(`${phase.objective}: nothing to learn from`);
    let loss = 0;
    for (const step of range(each)) {
      const progress = (round * each + step) / (rounds * each);
      loss += (await totalOf(session.step(rate * (0.02 + 0.98 * cosine(progress))))) / each;
    }
    const report = JSON.stringify(session.report());
    current = await (round === rounds - 1 ? session.averaged() : session.weights());
    session.dispose();
    const seconds = (performance.now() - start) / 1000;
    say(
      `  ${phase.objective}, round ${round + 1}: loss ${loss.toFixed(3)} ${report} in ${seconds.toFixed(0)} s`,
    );
  }
  return current;
}

const cosine = (progress: number) => 0.5 * (1 + Math.cos(Math.PI * progress));

/** The sum of the terms, which are disposed. */
export async function totalOf(terms: LossTerms): Promise<number> {
  const numbers = await Promise.all(Object.values(terms).map((term) => term.data()));
  dispose(terms);
  return numbers.reduce((sum, [value]) => sum + value!, 0);
}

/** Few-shot tasks, by the name that a figure has. */
export const TASKS = {
  fiveWayOneShot: { ways: 5, shots: 1, queries: 15 },
  fiveWayFiveShot: { ways: 5, shots: 5, queries: 15 },
  twentyWayOneShot: { ways: 20, shots: 1, queries: 5 },
};
export type Task = keyof typeof TASKS;

/** What is asked of embeddings: the same episodes whatever the seed of the learning was. */
export type Exam = { tasks: readonly Task[]; episodes: number };

/** Share of queries that prototypes of the embeddings name rightly, by task. */
export async function judge(
  tf: Tf,
  { model, weights }: Pretrained,
  test: Labelled,
  exam: Exam,
): Promise<Map<Task, number>> {
  const params = unflatten(tf, model.layout, weights);
  const { data, dim } = await embeddingsOf(tf, model, params, test);
  dispose(params);
  return accuracies(data, dim, test.labels, exam);
}

/** What the backbone makes of images as they are, of any length. */
export function embeddingsOf(
  tf: Tf,
  model: Model,
  params: Params,
  data: LocalData,
): Promise<Points> {
  const random = new Random(1);
  const view = (name: ViewName, rows: readonly number[]) =>
    makeView(tf, data, model.spec.input, name, rows, random);
  return featuresOf({ tf, model, params, data, view }, 'plain');
}

/** The same of any vectors: pixels are embeddings too. @param embeddings [labels, dim] */
export async function accuracies(
  embeddings: Float32Array,
  dim: number,
  labels: Int32Array,
  { tasks, episodes }: Exam,
): Promise<Map<Task, number>> {
  const of = { embeddings, dim, labels, head: FEW_SHOT_HEADS.prototype };
  const found = new Map<Task, number>();
  for (const task of tasks) {
    const { mean } = await fewShotAccuracy(of, TASKS[task], { episodes, seed: 1 });
    found.set(task, mean);
  }
  return found;
}
