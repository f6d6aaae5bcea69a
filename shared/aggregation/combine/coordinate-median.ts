import { BUCKETS, type ColumnRule } from '../contract.ts';

/**
 * The median of each coordinate; of an even number of parts, the mean of the middle two (Yin et al.
 * 2018, "Byzantine-robust distributed learning: towards optimal statistical rates", definition 1).
 * With fewer than half of the parts bad, every coordinate lies between honest values. It stands
 * more than the trimmed mean and uses less: of many honest parts, normally spread, it has pi / 2
 * times the mean's variance.
 * A part is one vote, as published, whatever examples it claims.
 */
export const coordinateMedian: ColumnRule<typeof BUCKETS> = {
  title: 'Coordinate-wise median',
  paper: 'https://arxiv.org/abs/1803.01498',
  settings: BUCKETS,
  reads: 'columns',
  robust: true,

  pick(column) {
    const middle = column.length >> 1;
    if (column.length % 2 === 1) return column[middle]!;
    return (column[middle - 1]! + column[middle]!) / 2;
  },
};
