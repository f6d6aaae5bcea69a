import type { Points } from '../math/k-means.ts';
import { range } from '../math/random.ts';
import { squaredDistances } from './points.ts';

/**
 * Trustworthiness of a picture (Venna and Kaski 2001): 1 when each point's k neighbours in the picture
 * are its k neighbours in truth, less for every one that came from far away.
 * @param k below half of the points  @returns 0 to 1  @throws when k is none or too large
 */
export function trustworthiness(truth: Points, picture: Points, k: number): number {
  const { count } = truth;
  if (picture.count !== count || k < 1 || 2 * k >= count)
    throw new Error(`trustworthiness: ${k} neighbours of ${count} and ${picture.count} points`);
  const [real, drawn] = [truth, picture].map((points) => ranks(squaredDistances(points), count));
  let strangers = 0;
  for (let i = 0; i < count; i++)
    for (let j = 0; j < count; j++)
      if (i !== j && drawn![i]![j]! <= k) strangers += Math.max(0, real![i]![j]! - k);
  return 1 - (2 * strangers) / (count * k * (2 * count - 3 * k - 1));
}

/** The place of j among the others by their distance from i: 1 for the nearest; its own is 0. */
function ranks(squares: Float64Array, count: number): number[][] {
  return range(count).map((i) => {
    const row = squares.subarray(i * count, (i + 1) * count);
    const order = range(count)
      .filter((j) => j !== i)
      .sort((a, b) => row[a]! - row[b]! || a - b);
    const places = Array<number>(count).fill(0);
    order.forEach((j, place) => (places[j] = place + 1));
    return places;
  });
}
