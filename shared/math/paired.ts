/** How two classifiers did on the same labelled items: McNemar's table, and each by class. */
export type Paired = {
  both: number;
  /** Right only in the first, only in the second, in neither. */
  first: number;
  second: number;
  neither: number;
  /** Items that both call the same, rightly or not. */
  same: number;
  /** By true class: how many there are, and how many each calls by that name. */
  classes: { items: number; first: number; second: number }[];
};

/** @param labels n true classes, 0 to ways - 1  @param a the first's n answers  @param b the second's */
export function pair(
  labels: ArrayLike<number>,
  a: ArrayLike<number>,
  b: ArrayLike<number>,
  ways: number,
): Paired {
  if (a.length !== labels.length || b.length !== labels.length)
    throw new Error(`paired: ${a.length} and ${b.length} answers to ${labels.length} items`);
  const classes = Array.from({ length: ways }, () => ({ items: 0, first: 0, second: 0 }));
  const paired = { both: 0, first: 0, second: 0, neither: 0, same: 0, classes };
  for (let i = 0; i < labels.length; i++) {
    const [isFirst, isSecond] = [a[i] === labels[i], b[i] === labels[i]];
    paired[isFirst ? (isSecond ? 'both' : 'first') : isSecond ? 'second' : 'neither']++;
    if (a[i] === b[i]) paired.same++;
    const own = classes[labels[i]!]!;
    own.items++;
    if (isFirst) own.first++;
    if (isSecond) own.second++;
  }
  return paired;
}

/**
 * McNemar's test (1947), exact and two-sided: how likely a split of the items on which two classifiers
 * differ is to be as uneven as this, were both equally good. 1 where they differ on none.
 * @param first right only in the first  @param second right only in the second
 */
export function mcNemar(first: number, second: number): number {
  const n = first + second;
  const fewer = Math.min(first, second);
  // Of fair coins, summed from logarithms: 2^-n leaves the range of a double at n = 1075.
  let log = -n * Math.LN2;
  let tail = 0;
  for (let k = 0; k <= fewer; k++) {
    tail += Math.exp(log);
    log += Math.log((n - k) / (k + 1));
  }
  return Math.min(1, 2 * tail);
}
