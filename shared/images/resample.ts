/** Pixels, row-major, channels last, numbers in [0, 1]. */
export type Picture = { data: Float32Array; width: number; height: number; channels: number };

/** Where a picture lies on a canvas: its pixel (0, 0) at (left, top), `scale` canvas pixels wide. */
export type Placement = { left: number; top: number; scale: number };

/**
 * Paints a picture on a black square canvas of `size` pixels by area averaging: every canvas pixel
 * is the mean of what it covers, so no stroke is lost however large the picture was.
 */
export function resample(picture: Picture, size: number, { left, top, scale }: Placement): Picture {
  const { data, width, height, channels } = picture;
  const columns = spans(size, left, scale, width);
  const rows = spans(size, top, scale, height);
  const narrow = new Float32Array(height * size * channels);
  for (let y = 0; y < height; y++)
    accumulate(data, y * width, narrow, y * size, columns, { channels, step: 1 });
  const out = new Float32Array(size * size * channels);
  for (let x = 0; x < size; x++) accumulate(narrow, x, out, x, rows, { channels, step: size });
  return { data: out, width: size, height: size, channels };
}

/** Which pixels of the picture a canvas pixel covers, from `first` on, each with its weight. */
type Span = { first: number; weights: Float32Array };

function spans(size: number, start: number, scale: number, length: number): Span[] {
  return Array.from({ length: size }, (_, i) => {
    const from = Math.max(0, (i - start) / scale);
    const to = Math.min(length, (i + 1 - start) / scale);
    const first = Math.floor(from);
    const weights = new Float32Array(Math.max(0, Math.ceil(to) - first));
    for (let k = 0; k < weights.length; k++) {
      const at = first + k;
      weights[k] = (Math.min(to, at + 1) - Math.max(from, at)) * scale;
    }
    return { first, weights };
  });
}

/** One line of the canvas from one line of the picture; both step `step` pixels at a time. */
function accumulate(
  from: Float32Array,
  fromPixel: number,
  to: Float32Array,
  toPixel: number,
  line: readonly Span[],
  { channels, step }: { channels: number; step: number },
): void {
  line.forEach(({ first, weights }, i) => {
    for (let c = 0; c < channels; c++) {
      let sum = 0;
      for (let k = 0; k < weights.length; k++)
        sum += weights[k]! * from[(fromPixel + (first + k) * step) * channels + c]!;
      to[(toPixel + i * step) * channels + c] = sum;
    }
  });
}
