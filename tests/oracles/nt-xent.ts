/**
 * Chen et al. 2020 (SimCLR), algorithm 1, from "for all i, j" on. `z[2k]` and `z[2k + 1]` are the two
 * views of image k, counted from 0 where the paper counts from 1.
 */
export function ntXentSlowly(z: readonly (readonly number[])[], temperature: number): number {
  const views = z.length;
  const similarity = (i: number, j: number) => dot(z[i]!, z[j]!) / (length(z[i]!) * length(z[j]!));
  const loss = (i: number, j: number) => {
    let others = 0;
    for (let k = 0; k < views; k++) if (k !== i) others += Math.exp(similarity(i, k) / temperature);
    return -Math.log(Math.exp(similarity(i, j) / temperature) / others);
  };
  let sum = 0;
  for (let k = 0; k < views / 2; k++) sum += loss(2 * k, 2 * k + 1) + loss(2 * k + 1, 2 * k);
  return sum / views;
}

function dot(a: readonly number[], b: readonly number[]): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

function length(a: readonly number[]): number {
  return Math.sqrt(dot(a, a));
}
