import type { ParamSpec } from '../weights/layout.ts';
import type { Params, Tensor2D, Tensor4D, Tf } from './params.ts';

/** What an image is to a network: `size` x `size` pixels of `channels` numbers in [0, 1]. */
export type InputSpec = { size: number; channels: number };

/**
 * A network: its parameters' shapes, and a pure function of them. No layer holds state, so a
 * teacher, fast weights or a delta can be put in the student's place without a copy of the net.
 */
export type Net = {
  title: string;
  paper: string;
  /** Set when an image's embedding depends on the others of its batch: no single image can be classified. */
  ofBatch?: boolean;
  /** Length of the embedding. @throws when the network cannot read such images. */
  features(input: InputSpec): number;
  specs(input: InputSpec): ParamSpec[];
  /** [batch, size, size, channels] -> [batch, features], not normalised. */
  embed(tf: Tf, params: Params, x: Tensor4D): Tensor2D;
};
