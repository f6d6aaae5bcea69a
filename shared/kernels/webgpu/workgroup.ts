/** Threads of a workgroup: as many as every WebGPU device takes. */
export const THREADS = 256;

/** Workgroups of one dimension for so many numbers; past the most that there may be, threads go round again. */
export const groupsFor = (count: number) => Math.min(Math.ceil(count / THREADS), 65_535);

/** Where `main` begins: `local` is the thread's index, `group` its workgroup's, `lanes` the subgroup's size. */
export function entry(subgroups: boolean, threads = THREADS): string {
  return `
@compute @workgroup_size(${threads})
fn main(
  @builtin(local_invocation_index) local: u32,
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  ${subgroups ? '@builtin(subgroup_size) lanes: u32,' : ''}
) {
  ${subgroups ? '' : 'const lanes = 1u;'}
`;
}

/**
 * WGSL of `reduce(value, local, lanes)`: the sum over the workgroup, for every thread, always added
 * in the same order. Over subgroups first, where there are any: a sixteenth or less of the numbers
 * then goes through memory. Lanes are taken to be neighbours, as all drivers lay out workgroups of
 * one dimension; one that did not would fail the check of a gradient before training starts.
 */
export function reduction(type: string, subgroups: boolean, threads = THREADS): string {
  return `
var<workgroup> sums: array<${type}, ${threads}>;
fn reduce(value: ${type}, local: u32, lanes: u32) -> ${type} {
  let part = ${subgroups ? 'subgroupAdd(value)' : 'value'};
  let count = ${threads}u / lanes;
  workgroupBarrier();
  if (local % lanes == 0u) { sums[local / lanes] = part; }
  workgroupBarrier();
  if (local < 16u && local < count) {
    var total = sums[local];
    for (var i = local + 16u; i < count; i += 16u) { total += sums[i]; }
    sums[local] = total;
  }
  workgroupBarrier();
  var total = sums[0];
  for (var i = 1u; i < min(16u, count); i++) { total += sums[i]; }
  return total;
}
`;
}

/** How a shader goes through numbers: four at a time where their count allows, else one by one. */
export type Lane = { type: 'f32' | 'vec4f'; size: 1 | 4; total: (value: string) => string };

export function laneOf(count: number): Lane {
  return count % 4 === 0
    ? { type: 'vec4f', size: 4, total: (value) => `dot(${value}, vec4f(1))` }
    : { type: 'f32', size: 1, total: (value) => value };
}
