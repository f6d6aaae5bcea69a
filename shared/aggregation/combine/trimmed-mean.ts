import { BUCKETS, type ColumnRule } from '../contract.ts';

const settings = {
  ...BUCKETS,
  trimShare: {
    default: 0.2,
    min: 0.01,
    max: 0.49,
    title: 'Share of the parts cut off at each end, of every coordinate',
  },
};

/**
 * The mean of each coordinate without its largest and smallest values (Yin et al. 2018,
 * "Byzantine-robust distributed learning: towards optimal statistical rates", definition 2).
 * Whole parts are cut, so `trimShare` of them is rounded up: rounded down, a fifth of four parts
 * would be none, and a single bad part would be in the mean. As many bad parts as are cut at an end
 * leave every coordinate between honest values.
 * A part is one vote, as published: weighted by the examples that volunteers claim, a liar would
 * outvote everyone. A round that came to too few parts for the share cuts all but the middle.
 */
export const trimmedMean: ColumnRule<typeof settings> = {
  title: 'Trimmed mean',
  paper: 'https://arxiv.org/abs/1803.01498',
  settings,
  reads: 'columns',
  robust: true,

  lacks(parts, { trimShare }) {
    const cut = cutOf(parts, trimShare);
    if (2 * cut < parts) return null;
    return `trimShare ${trimShare} cuts ${cut} of them at each end and leaves none: lower it`;
  },

  pick(column, { trimShare }) {
    const cut = Math.min(cutOf(column.length, trimShare), Math.floor((column.length - 1) / 2));
    let sum = 0;
    for (let i = cut; i < column.length - cut; i++) sum += column[i]!;
    return sum / (column.length - 2 * cut);
  },
};

/** Parts cut at each end. 0.07 * 100 is a little more than 7 in binary and must not become 8. */
function cutOf(parts: number, share: number): number {
  return Math.ceil(share * parts - 1e-9);
}
