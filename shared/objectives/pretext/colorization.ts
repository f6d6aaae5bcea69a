import { pickRows } from '../../math/rows.ts';
import * as v from 'valibot';
import { COLOUR_BINS, colourBins } from '../../math/colour-bins.ts';
import { crossEntropy } from '../../math/losses.ts';
import { range } from '../../math/random.ts';
import { COLOUR_GRID } from '../../nn/heads/color.ts';
import type { InputSpec } from '../../nn/net.ts';
import type { Tensor2D, Tensor4D } from '../../nn/params.ts';
import { allRows, defineObjective, type LocalData } from '../contract.ts';
import { between } from '../settings.ts';

/** Weights of red, green and blue in an image's brightness (ITU-R BT.601). */
const LUMA = [0.299, 0.587, 0.114];

/** Of every local image its colours, cell by cell: [count][8 * 8 * COLOUR_BINS]; and what each bin weighs. */
type Colours = { tables: Float32Array; weights: Float32Array };

const TABLE = COLOUR_GRID ** 2 * COLOUR_BINS;

/** Colorization (Zhang et al. 2016): the colours of an image, told from its brightness alone. */
export const colorization = defineObjective({
  title: 'Colorization',
  paper: 'https://arxiv.org/abs/1603.08511',
  summary:
    'Tells the colours of an image from a grey copy of it, cell by cell. For colour photographs of things that have a colour of their own.',
  views: { image: 'plain' },
  heads: ['color'],
  uses: { labels: false, teacher: false },
  config: v.strictObject({
    /** How far rare colours are raised: 0 not at all, 1 until all weigh the same in sum. */
    rebalance: v.optional(between(0, 1), 0.5),
  }),
  needs: ({ input }) =>
    input.channels === 3 ? undefined : 'colorization: the images of this project are grey',
  begin: async ({ data, model, config }) => coloursOf(data, model.spec.input, config.rebalance),
  rows: (_, data) => allRows(data),
  targets({ tf, batch, state }) {
    const rows = batch.rows.length;
    const tables = pickRows(state.tables, batch.rows, TABLE);
    const colours = tf.tensor2d(tables, [rows * COLOUR_GRID ** 2, COLOUR_BINS]);
    const weights = tf.matMul(colours, tf.tensor2d(state.weights, [COLOUR_BINS, 1]));
    const luma = tf.sum(tf.mul(batch.views['image']!, tf.tensor1d(LUMA)), 3, true);
    return { grey: tf.tile(luma, [1, 1, 1, LUMA.length]), colours, weights };
  },
  loss({ tf, model, params }, { grey, colours, weights }) {
    const told = model.head(tf, 'color', params, model.embed(tf, params, grey as Tensor4D));
    const logits = tf.reshape(told, [-1, COLOUR_BINS]) as Tensor2D;
    return {
      colour: tf.mean(tf.mul(tf.squeeze(weights!, [1]), crossEntropy(tf, logits, colours!))),
    };
  },
  report: () => ({}),
});

function coloursOf({ images, count }: LocalData, { size }: InputSpec, rebalance: number): Colours {
  const tables = new Float32Array(count * TABLE);
  const frequency = new Float64Array(COLOUR_BINS);
  for (const image of range(count))
    for (const cell of range(COLOUR_GRID ** 2))
      for (const [bin, weight] of colourBins(meanColour(images, image, cell, size))) {
        tables[image * TABLE + cell * COLOUR_BINS + bin]! += weight;
        frequency[bin]! += weight / (count * COLOUR_GRID ** 2);
      }
  return { tables, weights: weightsOf(frequency, rebalance) };
}

/** The mean colour of a cell of an image. */
function meanColour(images: Float32Array, image: number, cell: number, size: number) {
  const edge = (index: number) => Math.floor((index * size) / COLOUR_GRID);
  const [row, column] = [Math.floor(cell / COLOUR_GRID), cell % COLOUR_GRID];
  const sum: [number, number, number] = [0, 0, 0];
  const [top, bottom] = [edge(row), edge(row + 1)];
  const [left, right] = [edge(column), edge(column + 1)];
  const pixels = (bottom - top) * (right - left);
  for (let y = top; y < bottom; y++)
    for (let x = left; x < right; x++)
      for (const c of range(3))
        sum[c]! += images[((image * size + y) * size + x) * 3 + c]! / pixels;
  return sum;
}

/** Class rebalancing (section 2.2): 1 / ((1 - l) frequency + l / bins), scaled to a mean of one over the images. */
function weightsOf(frequency: Float64Array, rebalance: number): Float32Array {
  if (rebalance === 0) return new Float32Array(COLOUR_BINS).fill(1);
  const raw = frequency.map(
    (share) => 1 / (rebalance * share + (1 - rebalance) / COLOUR_BINS + 1e-6),
  );
  const mean = raw.reduce((sum, weight, bin) => sum + weight * frequency[bin]!, 0);
  return Float32Array.from(raw, (weight) => weight / mean);
}
