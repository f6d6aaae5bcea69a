import type { ParamSpec } from '../../weights/layout.ts';
import { dense, denseSpecs } from '../layers.ts';
import type { Params, Tensor2D, Tf } from '../params.ts';

/** What an LSTM carries from step to step: both [rows, hidden]. */
export type LstmState = { hidden: Tensor2D; cell: Tensor2D };

/** One dense layer makes all four gates of input and hidden state: input, forget, output, candidate. */
export function lstmSpecs(name: string, inputs: number, hidden: number): ParamSpec[] {
  return denseSpecs(name, inputs + hidden, 4 * hidden);
}

export function lstmStart(tf: Tf, rows: number, hidden: number): LstmState {
  return { hidden: tf.zeros([rows, hidden]), cell: tf.zeros([rows, hidden]) };
}

/**
 * One step of a long short-term memory (Hochreiter and Schmidhuber 1997, with the forget gate of Gers
 * et al. 2000). A forget gate is kept open at first by adding one (Jozefowicz et al. 2015).
 * @param x [rows, inputs]
 */
export function lstm(tf: Tf, p: Params, name: string, x: Tensor2D, before: LstmState): LstmState {
  const gates = dense(tf, p, name, tf.concat([x, before.hidden], 1));
  const [input, forget, output, candidate] = tf.split(gates, 4, 1) as [
    Tensor2D,
    Tensor2D,
    Tensor2D,
    Tensor2D,
  ];
  const kept = tf.mul(tf.sigmoid(tf.add(forget, 1)), before.cell);
  const cell = tf.add(kept, tf.mul(tf.sigmoid(input), tf.tanh(candidate))) as Tensor2D;
  return { cell, hidden: tf.mul(tf.sigmoid(output), tf.tanh(cell)) as Tensor2D };
}
