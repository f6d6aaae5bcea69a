import { percent, table } from '../../client/cli/asking.ts';
import type { Bench } from './run.ts';

/** ci: seconds a cell, on the repository's own data. minutes: up to ten a cell. hour: up to an hour. */
export const RUNGS = ['ci', 'minutes', 'hour'] as const;
export type Rung = (typeof RUNGS)[number];

export type CellContext = {
  rung: Rung;
  seed: number;
  /** The folder of `--data`, with mnist/, omniglot/ and cifar10/ in it. @throws when none was named */
  folder(): string;
  /** What several cells need, made once for a seed: an upper bound, a data set. */
  once<T>(key: string, make: () => Promise<T>): Promise<T>;
  /** Progress, for a person. */
  say(line: string): void;
};

/** What a rounding alone may move a single seed by (docs/results.md, "What a scheme costs the student"). */
const NOISE = 0.01;

/** A share, 0 to 1, between what it is measured by: the same steps without the method, and with all labels. */
export type Figure = { ours: number; lower?: number; upper?: number };

/** One system on one task: a row of a suite's table. */
export type Cell = {
  /** In the keys of the figures, so it stays as it is: `fixmatch`, `protonet`. */
  name: string;
  rungs: readonly Rung[];
  /** The figures of one seed, by name: `accuracy`, `fiveWayOneShot`. */
  run(context: CellContext): Promise<Record<string, Figure>>;
  /**
   * What the mean over seeds has to reach. `lower`: at least the lower bound of the same runs; of one seed
   * less `NOISE`.
   */
  bars?: Partial<Record<Rung, Readonly<Record<string, number | 'lower'>>>>;
};

/**
 * A suite of cells: `--rung ci|minutes|hour` (ci), `--only NAME,...`, `--seeds 1,2,3` (1 where the rung
 * is ci). Prints a table of means and of what was asked.
 * @returns `<cell><Figure>Seed<n>`, `...Mean`, `...LowerMean` and `...UpperMean` (shares), `<cell>Seconds`,
 *   and of all cells `seconds` and `failed`, how many bars were missed
 */
export function suiteOf(cells: readonly Cell[]): Bench {
  return async ({ options, say }) => {
    const rung = rungOf(options['rung'] ?? 'ci');
    const seeds = (options['seeds'] ?? (rung === 'ci' ? '1' : '1,2,3')).split(',').map(Number);
    const chosen = choose(cells, rung, options['only']);
    const contexts = seeds.map((seed) => contextOf({ rung, seed, data: options['data'], say }));
    const results: Result[] = [];
    for (const cell of chosen) {
      const start = performance.now();
      const measured: Record<string, Figure>[] = [];
      for (const context of contexts) {
        measured.push(await cell.run(context));
        say(`${cell.name}, seed ${context.seed}: ${words(measured.at(-1)!)}`);
      }
      results.push({ cell, measured, seconds: (performance.now() - start) / 1000 });
    }
    const rows = results.flatMap((result) => rowsOf(result, rung));
    say(`\n${table([HEAD, ...rows.map(line)], 'no cell has this rung')}\n`);
    return { seeds, figures: { ...flat(results, seeds), ...totals(results, rows) } };
  };
}

type Result = { cell: Cell; measured: Record<string, Figure>[]; seconds: number };
type Row = { cell: string; figure: string; mean: Figure; bar?: number; seconds: number };

function rungOf(name: string): Rung {
  const rung = RUNGS.find((one) => one === name);
  if (!rung) throw new Error(`--rung ${name}: there are ${RUNGS.join(', ')}`);
  return rung;
}

function choose(cells: readonly Cell[], rung: Rung, only: string | undefined): readonly Cell[] {
  const names = only?.split(',');
  const unknown = names?.find((name) => !cells.some((cell) => cell.name === name));
  if (unknown !== undefined)
    throw new Error(`--only ${unknown}: there are ${cells.map(({ name }) => name).join(', ')}`);
  return cells.filter(({ name, rungs }) => rungs.includes(rung) && (names?.includes(name) ?? true));
}

type Wanted = { rung: Rung; seed: number; data: string | undefined; say: (line: string) => void };

function contextOf({ rung, seed, data, say }: Wanted): CellContext {
  const made = new Map<string, Promise<unknown>>();
  return {
    ...{ rung, seed, say },
    folder() {
      if (data === undefined) throw new Error('--data DIR is needed: a folder with mnist/ in it');
      return data;
    },
    once<T>(key: string, make: () => Promise<T>) {
      const before = made.get(key) ?? make();
      made.set(key, before);
      return before as Promise<T>;
    },
  };
}

function rowsOf({ cell, measured, seconds }: Result, rung: Rung): Row[] {
  return Object.keys(measured[0] ?? {}).map((figure) => {
    const mean = meanOf(measured.map((figures) => figures[figure]!));
    const asked = cell.bars?.[rung]?.[figure];
    const slack = measured.length === 1 ? NOISE : 0;
    const bar = asked === 'lower' ? mean.lower && mean.lower - slack : asked;
    return { cell: cell.name, figure, mean, seconds, ...(bar !== undefined && { bar }) };
  });
}

function meanOf(figures: readonly Figure[]): Figure {
  const mean = (of: (figure: Figure) => number | undefined) => {
    const all = figures.map(of);
    return all.some((value) => value === undefined)
      ? undefined
      : (all as number[]).reduce((a, b) => a + b, 0) / all.length;
  };
  const [lower, upper] = [mean((figure) => figure.lower), mean((figure) => figure.upper)];
  return {
    ours: mean((figure) => figure.ours)!,
    ...(lower !== undefined && { lower }),
    ...(upper !== undefined && { upper }),
  };
}

const HEAD = ['cell', 'figure', 'lower', 'ours', 'upper', 'bar', 'met', 'seconds'];
const share = (value: number | undefined): string => (value === undefined ? '' : percent(value));
const missed = ({ bar, mean }: Row): boolean => bar !== undefined && !(mean.ours >= bar);

function line(row: Row): string[] {
  const { cell, figure, mean, bar, seconds } = row;
  const met = bar === undefined ? '' : missed(row) ? 'NO' : 'yes';
  const shares = [mean.lower, mean.ours, mean.upper, bar].map(share);
  return [cell, figure, ...shares, met, seconds.toFixed(0)];
}

function words(figures: Record<string, Figure>): string {
  return Object.entries(figures)
    .map(([name, { ours, lower }]) => `${name} ${percent(ours)} over ${share(lower) || 'nothing'}`)
    .join(', ');
}

function flat(results: readonly Result[], seeds: readonly number[]): Record<string, number> {
  const out: Record<string, number> = {};
  for (const { cell, measured, seconds } of results) {
    out[`${cell.name}Seconds`] = seconds;
    for (const figure of Object.keys(measured[0] ?? {})) {
      const key = `${cell.name}${figure.charAt(0).toUpperCase()}${figure.slice(1)}`;
      measured.forEach((figures, i) => (out[`${key}Seed${seeds[i]}`] = figures[figure]!.ours));
      const { ours, lower, upper } = meanOf(measured.map((figures) => figures[figure]!));
      out[`${key}Mean`] = ours;
      if (lower !== undefined) out[`${key}LowerMean`] = lower;
      if (upper !== undefined) out[`${key}UpperMean`] = upper;
    }
  }
  return out;
}

function totals(results: readonly Result[], rows: readonly Row[]): Record<string, number> {
  const seconds = results.reduce((sum, result) => sum + result.seconds, 0);
  return { seconds, failed: rows.filter(missed).length };
}
