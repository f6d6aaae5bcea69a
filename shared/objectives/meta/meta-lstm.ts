import * as v from 'valibot';
import { param } from '../../nn/layers.ts';
import type { Params, Scalar, Tensor, Tf } from '../../nn/params.ts';
import type { ParamSpec } from '../../weights/layout.ts';
import {
  adapted,
  gradientsOf,
  taskLoss,
  waysLogits,
  waysSpecs,
  type Adapting,
} from '../../train/adaptation.ts';
import { defineObjective } from '../contract.ts';
import {
  episodeSettings,
  inEpisodes,
  tasksOf,
  type Adapt,
  type Task,
} from '../../train/episodes.ts';
import { wholeBetween } from '../settings.ts';

const config = v.strictObject({
  ...episodeSettings,
  /** Steps of learning an episode's support. */
  steps: v.optional(wholeBetween(1, 12), 2),
});
type Config = v.InferOutput<typeof config>;

const OWN = 'own/meta-lstm';
const HEAD = `${OWN}/head`;

/** What a gate sees of a parameter: its gradient and the loss, each as two numbers, itself, and the gate before. */
const GATE_INPUTS = 6;

/**
 * Gates begin where plain gradient descent is: the forget gate all but open, the input gate at a step
 * of 0.12. The paper's bias, -5 to -4, makes a step of 0.01, for 12 passes with batch norm.
 */
const BIAS = { forget: 5, input: -2 };

/**
 * LSTM meta-learner (Ravi and Larochelle 2017): the learner's parameters are an LSTM's cell, so that
 * the forget gate says how much of each is kept and the input gate how far it follows its gradient.
 * The gates are the paper's equations 3 and 4, the same for every parameter, without the further LSTM
 * that its code puts in front of them. As there, no gradient is taken of the learner's gradients.
 */
export const metaLstm = defineObjective({
  ...inEpisodes,
  title: 'LSTM meta-learner',
  paper: 'https://openreview.net/forum?id=rJY0-Kcll',
  summary:
    'Learns the rule by which a network learns from a few examples: how far each parameter follows its gradient. Of interest for comparison; hard to reproduce, and behind MAML wherever both were measured.',
  heads: [],
  config,
  parameters: (spec, { ways }) => [
    ...waysSpecs(HEAD, spec, ways),
    ...gateSpecs('forget'),
    ...gateSpecs('input'),
  ],
  /** Losses and gradients along the way that the learner takes. */
  targets(context) {
    const { tf, model, params, config: settings } = context;
    const { support } = tasksOf(context, settings.ways)[0]!;
    const { seen } = learn({ tf, model, head: HEAD }, params, support, settings.steps);
    const along = seen.flatMap(({ loss, gradients }, t) => [
      [`${t} loss`, loss] as const,
      ...Object.entries(gradients).map(([name, one]) => [`${t} ${name}`, one] as const),
    ]);
    return Object.fromEntries(along);
  },
  loss(context, along) {
    const { tf, model, params, config: settings } = context;
    const on: Adapting = { tf, model, head: HEAD };
    const names = adapted(on, 'all');
    let learner = startOf(tf, params, names);
    for (let t = 0; t < settings.steps; t++) {
      const gradients = Object.fromEntries(names.map((name) => [name, along[`${t} ${name}`]!]));
      learner = moved(tf, params, learner, { loss: along[`${t} loss`] as Scalar, gradients });
    }
    const { query } = tasksOf(context, settings.ways)[0]!;
    return { learnt: taskLoss(on, { ...params, ...cellsOf(learner) }, query) };
  },
});

/** The classifier after as many steps on the support as it was learnt with. */
export const adaptMetaLstm: Adapt<Config> = ({ tf, model, config: settings }, params, support) => {
  const on: Adapting = { tf, model, head: HEAD };
  const { fast } = learn(on, params, support, settings.steps);
  return (query) => waysLogits(on, fast, query);
};

function gateSpecs(name: keyof typeof BIAS): ParamSpec[] {
  return [
    // Normal, with a deviation of 0.01.
    { name: `${OWN}/${name}/w`, shape: [GATE_INPUTS, 1], init: { kind: 'he', fanIn: 20_000 } },
    { name: `${OWN}/${name}/b`, shape: [1], init: { kind: 'constant', value: BIAS[name] } },
  ];
}

/** Each of the learner's parameters, with the gates that were last used on it; all of one shape. */
type Learner = Record<string, { cell: Tensor; forget: Tensor; input: Tensor }>;
type Seen = { loss: Scalar; gradients: Params };

function learn(on: Adapting, params: Params, support: Task['support'], steps: number) {
  const { tf } = on;
  const names = adapted(on, 'all');
  const seen: Seen[] = [];
  let fast = params;
  let learner = startOf(tf, params, names);
  for (let t = 0; t < steps; t++) {
    const { value, gradients } = gradientsOf(on, fast, names, support);
    seen.push({ loss: value, gradients });
    learner = moved(tf, params, learner, seen[t]!);
    fast = { ...params, ...cellsOf(learner) };
  }
  return { fast, seen };
}

function startOf(tf: Tf, params: Params, names: readonly string[]): Learner {
  const entries = names.map((name) => {
    const cell = params[name]!;
    return [name, { cell, forget: tf.onesLike(cell), input: tf.zerosLike(cell) }] as const;
  });
  return Object.fromEntries(entries);
}

function cellsOf(learner: Learner): Params {
  return Object.fromEntries(Object.entries(learner).map(([name, { cell }]) => [name, cell]));
}

/** c <- f * c - i * gradient */
function moved(tf: Tf, params: Params, before: Learner, { loss, gradients }: Seen): Learner {
  const losses = preprocessed(tf, loss);
  const next = Object.entries(before).map(([name, { cell, ...gates }]) => {
    const gradient = gradients[name]!;
    const inputs = [...preprocessed(tf, gradient), ...losses, cell];
    const forget = gate(tf, params, 'forget', [...inputs, gates.forget]);
    const input = gate(tf, params, 'input', [...inputs, gates.input]);
    const kept = tf.mul(forget, cell);
    return [name, { cell: tf.sub(kept, tf.mul(input, gradient)), forget, input }] as const;
  });
  return Object.fromEntries(next);
}

/** One number a parameter, in (0, 1). @param inputs of the parameters' shape, or one number for all of them */
function gate(tf: Tf, params: Params, name: keyof typeof BIAS, inputs: readonly Tensor[]): Tensor {
  const weights = tf.unstack(tf.reshape(param(params, `${OWN}/${name}/w`), [-1]));
  const products = inputs.map((input, k) => tf.mul(input, weights[k]!));
  const bias = tf.reshape(param(params, `${OWN}/${name}/b`), []);
  return tf.sigmoid(products.reduce((sum, one) => tf.add(sum, one), bias as Tensor));
}

/**
 * Numbers of any size as two of about one each (Andrychowicz et al. 2016, appendix A, p = 10): the
 * logarithm and the sign, or, where it is tiny, -1 and the number made large.
 */
function preprocessed(tf: Tf, x: Tensor): [Tensor, Tensor] {
  const p = 10;
  const size = tf.abs(x);
  const isLarge = tf.greaterEqual(size, Math.exp(-p));
  const log = tf.div(tf.log(tf.maximum(size, Math.exp(-p))), p);
  return [
    tf.where(isLarge, log, tf.neg(tf.onesLike(x))),
    tf.where(isLarge, tf.sign(x), tf.mul(x, Math.exp(p))),
  ];
}
