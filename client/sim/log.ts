import type { Sent } from './crowd.ts';

/** A line of the log. Shares are 0 to 1, and null where there is nothing to have a share of. */
export type SimulatedRound = {
  /** 0 is the server's first steps alone. */
  round: number;
  /** On validation images. */
  accuracy: number;
  /** Of the asked volunteers' images, those that were learnt from. */
  coverage: number | null;
  /** Of the labels that were fixed for the round, those that are right. */
  precision: number | null;
  deltas: number;
  images: number;
  bytes: number;
  seconds: number;
};

const COLUMNS = [
  ...['round', 'accuracy', 'coverage', 'precision'],
  ...['deltas', 'images', 'bytes', 'seconds'],
] as (keyof SimulatedRound)[];

export function lineOf(
  round: number,
  sent: Sent,
  measured: { accuracy: number; seconds: number },
): SimulatedRound {
  const { deltas, images, held, bytes, named, right } = sent;
  const share = (part: number, whole: number) => (whole > 0 ? part / whole : null);
  return {
    ...{ round, accuracy: measured.accuracy, coverage: share(images, held) },
    ...{ precision: share(right, named), deltas, images, bytes, seconds: measured.seconds },
  };
}

/** A line a round under the columns' names; what is null is left empty. */
export function csvOf(log: readonly SimulatedRound[]): string {
  const lines = log.map((line) => COLUMNS.map((key) => line[key] ?? '').join(','));
  return [COLUMNS.join(','), ...lines, ''].join('\n');
}
