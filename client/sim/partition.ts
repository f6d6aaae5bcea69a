import { range, type Random } from '../../shared/math/random.ts';

/** What is dealt out. Volunteers never see the labels: they only decide who holds what. */
export type Dealt = { count: number; labels: Int32Array; writers: Int32Array | null };

/** @returns row numbers, a list a volunteer; every row is in one list, and a list may be empty */
type Deal = (data: Dealt, volunteers: number, random: Random) => number[][];

/**
 * How data is spread over volunteers, by name and parameter: `iid`, `writers`, `classes:2`,
 * `dirichlet:0.3`. @throws when there is none of that name, or its parameter makes no sense
 */
export function partitionOf(spec: string): Deal {
  const [, name = '', parameter] = /^(\w+)(?::(.*))?$/.exec(spec) ?? [];
  const make = Object.hasOwn(PARTITIONS, name) ? PARTITIONS[name] : undefined;
  const value = parameter === undefined ? undefined : Number(parameter);
  const deal = make?.(value);
  if (!deal) throw new Error(`partition "${spec}": one of ${EXAMPLES.join(', ')} is needed`);
  return deal;
}

const EXAMPLES = ['iid', 'writers', 'classes:2', 'dirichlet:0.3'];

/** Undefined where the parameter makes no sense. */
const PARTITIONS: Record<string, (parameter: number | undefined) => Deal | undefined> = {
  iid: (parameter) => (parameter === undefined ? iid : undefined),
  writers: (parameter) => (parameter === undefined ? byWriter : undefined),
  classes: (each) =>
    Number.isInteger(each) && each! >= 1 ? (...dealt) => byClasses(each!, ...dealt) : undefined,
  dirichlet: (alpha) =>
    alpha !== undefined && alpha > 0 && alpha < Number.POSITIVE_INFINITY
      ? (...dealt) => dirichlet(alpha, ...dealt)
      : undefined,
};

/** Shuffled, and as many for each. */
function iid({ count }: Dealt, volunteers: number, random: Random): number[][] {
  return evenly(random.shuffle(range(count)), volunteers);
}

/** Whole writers, as each tab brings one hand or a few. */
function byWriter({ count, writers }: Dealt, volunteers: number, random: Random): number[][] {
  if (!writers) throw new Error('partition "writers": this data does not say who wrote what');
  const all = random.shuffle([...new Set(writers)].sort((a, b) => a - b));
  if (volunteers > all.length)
    throw new Error(`partition "writers": ${all.length} writers are too few for ${volunteers}`);
  const lists: number[][] = Array.from({ length: volunteers }, () => []);
  for (let row = 0; row < count; row++) lists[all.indexOf(writers[row]!) % volunteers]!.push(row);
  return lists;
}

/**
 * Rows sorted by class, cut into as many equal pieces as volunteers hold together, `each` of them for
 * everybody by lot: most see so many classes only (McMahan et al. 2017, section 3).
 */
function byClasses(
  each: number,
  { count, labels }: Dealt,
  volunteers: number,
  random: Random,
): number[][] {
  // Shuffled first: rows of one class keep no order of their own.
  const sorted = random.shuffle(range(count)).sort((a, b) => labels[a]! - labels[b]!);
  const pieces = random.shuffle(evenly(sorted, volunteers * each));
  return Array.from({ length: volunteers }, (_, i) =>
    pieces.slice(i * each, (i + 1) * each).flat(),
  );
}

/**
 * Every class is spread by shares of its own from a symmetric Dirichlet distribution: a small alpha
 * leaves a class with a few volunteers, a large one is like iid (Yurochkin et al. 2019; Hsu et al. 2019).
 */
function dirichlet(
  alpha: number,
  { count, labels }: Dealt,
  volunteers: number,
  random: Random,
): number[][] {
  const lists: number[][] = Array.from({ length: volunteers }, () => []);
  for (const label of [...new Set(labels)].sort((a, b) => a - b)) {
    const rows = random.shuffle(range(count).filter((row) => labels[row] === label));
    const shares = simplex(alpha, volunteers, random);
    let [sum, from] = [0, 0];
    for (const [i, share] of shares.entries()) {
      sum += share;
      const to = i === volunteers - 1 ? rows.length : Math.round(sum * rows.length);
      lists[i]!.push(...rows.slice(from, to));
      from = to;
    }
  }
  return lists;
}

/** `count` shares that sum to one, from a symmetric Dirichlet distribution. */
export function simplex(alpha: number, count: number, random: Random): number[] {
  const logs = Array.from({ length: count }, () => logGamma(alpha, random));
  // By the largest: for a small alpha all of them are too small for a number.
  const most = Math.max(...logs);
  const parts = logs.map((log) => Math.exp(log - most));
  const sum = parts.reduce((a, b) => a + b, 0);
  return parts.map((part) => part / sum);
}

/** Logarithm of a gamma variate of this shape (Marsaglia and Tsang 2000; below 1 by its section 6). */
function logGamma(shape: number, random: Random): number {
  if (shape < 1) return logGamma(shape + 1, random) + Math.log(1 - random.next()) / shape;
  const d = shape - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const x = random.normal();
    const v = (1 + c * x) ** 3;
    if (v <= 0) continue;
    const u = 1 - random.next();
    if (Math.log(u) < x ** 2 / 2 + d - d * v + d * Math.log(v)) return Math.log(d * v);
  }
}

function evenly(rows: readonly number[], lists: number): number[][] {
  const at = (i: number) => Math.round((i * rows.length) / lists);
  return Array.from({ length: lists }, (_, i) => rows.slice(at(i), at(i + 1)));
}
