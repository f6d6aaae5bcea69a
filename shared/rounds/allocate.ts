import type { Report } from './orders.ts';

type Standing = Pick<Report, 'working' | 'spare'> & { accepted: number };

/**
 * How many volunteers each shard may have at work or delivered, so that all shards together come to
 * `wanted`: a share that fits all whom it has or could still ask. So a share stays the same while
 * its shard takes it up, and nobody else is given it meanwhile. Nobody is un-asked: a shard that has
 * more keeps them, and the sum is above `wanted` only where it was before.
 */
export function allocate(shards: readonly Standing[], wanted: number): number[] {
  const have = shards.map(({ working, accepted }) => working + accepted);
  const shares = share(
    wanted,
    shards.map(({ spare }, i) => have[i]! + spare),
  );
  let missing = Math.max(0, wanted - sum(have));
  return have.map((had, i) => {
    const more = Math.min(missing, Math.max(0, shares[i]! - had));
    missing -= more;
    return had + more;
  });
}

/** So many in proportion, to nobody more than it can take. */
function share(count: number, most: readonly number[]): number[] {
  const all = sum(most);
  const rate = all === 0 ? 0 : Math.min(1, count / all);
  let rest = Math.min(count, all);
  // Rounded up for the first and cut where it is enough: the sum is exact.
  return most.map((limit) => {
    const part = Math.min(rest, Math.ceil(rate * limit));
    rest -= part;
    return part;
  });
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((a, b) => a + b, 0);
}
