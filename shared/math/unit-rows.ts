import type { Points } from './k-means.ts';

/** The points at length one; one at zero stays there. */
export function unitRows({ data, count, dim }: Points): Points {
  const unit = new Float32Array(data.length);
  for (let i = 0; i < count; i++) {
    const row = data.subarray(i * dim, (i + 1) * dim);
    const length = Math.sqrt(row.reduce((sum, x) => sum + x * x, 0)) || 1;
    row.forEach((x, d) => (unit[i * dim + d] = x / length));
  }
  return { data: unit, count, dim };
}
