/** Pieces of WGSL that the convolutions' shaders have in common. */

/** What every convolution's shader is told. */
export const CONV_NUMBERS = {
  batch: 'u32',
  inHeight: 'i32',
  inWidth: 'i32',
  inChannels: 'u32',
  outHeight: 'i32',
  outWidth: 'i32',
  outChannels: 'u32',
  filterHeight: 'i32',
  filterWidth: 'i32',
  strideHeight: 'i32',
  strideWidth: 'i32',
  top: 'i32',
  left: 'i32',
} as const;

/** Threads of a convolution's workgroup: they share nothing, so few are as good and fill a small layer better. */
export const CONV_THREADS = 64;

/** Positions that a thread works on: with four channels each, sixteen sums. */
export const TILE = 4;

/** The same line for each of the first `count` numbers: what a compiler keeps in registers must not be indexed. */
export const unrolled = (count: number, line: (i: number) => string) =>
  Array.from({ length: count }, (_, i) => line(i)).join('\n');

export const typeOf = (inFours: boolean) => (inFours ? 'vec4f' : 'f32');

/**
 * `${name}At(row, four)`: numbers 4 * four to 4 * four + 3 of a row of `count`, zero behind its end.
 * @param inFours whether the array is one of vec4f
 */
export function reader(name: string, array: string, count: string, inFours: boolean): string {
  return inFours
    ? `
fn ${name}At(row: u32, four: u32) -> vec4f { return ${array}[row * (${count} / 4u) + four]; }`
    : `
fn ${name}At(row: u32, four: u32) -> vec4f {
  var read = vec4f(0);
  for (var i = 0u; i < 4u && four * 4u + i < ${count}; i++) {
    read[i] = ${array}[row * ${count} + four * 4u + i];
  }
  return read;
}`;
}

/** `${name}Put(row, four, value)`: the other way. */
export function writer(name: string, array: string, count: string, inFours: boolean): string {
  return inFours
    ? `
fn ${name}Put(row: u32, four: u32, value: vec4f) { ${array}[row * (${count} / 4u) + four] = value; }`
    : `
fn ${name}Put(row: u32, four: u32, value: vec4f) {
  for (var i = 0u; i < 4u && four * 4u + i < ${count}; i++) {
    ${array}[row * ${count} + four * 4u + i] = value[i];
  }
}`;
}

/**
 * `tapOf(k)`: row, column and channel of the filter's row k. `pixel(image, row, column, channel)`: a
 * number of x, zero outside of the image. For images whose channels cannot be read in fours.
 */
export const GATHER = `
fn tapOf(k: u32) -> vec3i {
  let channel = k % uniforms.inChannels;
  let tap = i32(k / uniforms.inChannels);
  return vec3i(tap / uniforms.filterWidth, tap % uniforms.filterWidth, i32(channel));
}
fn pixel(image: i32, row: i32, column: i32, channel: i32) -> f32 {
  if (row < 0 || row >= uniforms.inHeight || column < 0 || column >= uniforms.inWidth) { return 0.0; }
  let place = (image * uniforms.inHeight + row) * uniforms.inWidth + column;
  return x[place * i32(uniforms.inChannels) + channel];
}
`;
