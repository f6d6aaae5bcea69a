import type { InputSpec } from '../nn/net.ts';
import { borderMean, prepareDrawing } from './drawing.ts';
import { resample, type Picture } from './resample.ts';

export type NormaliseOptions = {
  /**
   * 'drawing': found, centred and brought to bright ink on black, as MNIST has it.
   * 'photo': the middle square, scaled. Left out: drawing for one channel, photo for three.
   */
  prepare?: 'drawing' | 'photo';
  /** Swaps dark and bright; 'auto' does where the border is bright. Left out: 'auto' for drawings only. */
  invert?: 'auto' | boolean;
};

/**
 * Longest side of what is worked on; larger images are averaged in whole blocks first. A 16
 * megapixel photograph as floats would not fit a worker's memory beside itself.
 */
const WORKING_SIDE = 512;

/** Rec. 601's luma, the same as JPEG's. */
const LUMA = [0.299, 0.587, 0.114] as const;

/**
 * The one way an image becomes the model's input, in tab, Node and worker: plain arithmetic on
 * pixels, so that all three get the same numbers.
 * @param rgba width*height*4 bytes, alpha not premultiplied; what is transparent becomes white
 * @returns size*size*channels numbers in [0, 1], channels last
 * @throws when the bytes are not width*height pixels
 */
export function normalise(
  rgba: Uint8ClampedArray | Uint8Array,
  width: number,
  height: number,
  input: InputSpec,
  options: NormaliseOptions = {},
): Float32Array {
  if (!(width >= 1 && height >= 1) || rgba.length !== width * height * 4)
    throw new Error(`normalise: ${rgba.length} bytes are not ${width} x ${height} pixels of RGBA`);
  const { size, channels } = input;
  const prepare = options.prepare ?? (channels === 1 ? 'drawing' : 'photo');
  const colour = prepare === 'photo' && channels === 3;
  const picture = opaque(rgba, width, height, colour ? 3 : 1);
  const made =
    prepare === 'drawing'
      ? prepareDrawing(picture, size, options.invert ?? 'auto')
      : middle(picture, size, options.invert ?? false);
  return spread(made, channels);
}

/** Composited over white, as grey or RGB, in blocks no finer than needed. */
function opaque(
  rgba: Uint8ClampedArray | Uint8Array,
  width: number,
  height: number,
  channels: 1 | 3,
): Picture {
  const block = Math.ceil(Math.max(width, height) / WORKING_SIDE);
  const [columns, rows] = [Math.ceil(width / block), Math.ceil(height / block)];
  const data = new Float32Array(columns * rows * channels);
  const mean = new Float64Array(3);
  for (let row = 0, out = 0; row < rows; row++)
    for (let column = 0; column < columns; column++) {
      blockMean(rgba, width, height, column * block, row * block, block, mean);
      if (channels === 3) for (let c = 0; c < 3; c++) data[out++] = mean[c]!;
      else data[out++] = mean[0]! * LUMA[0] + mean[1]! * LUMA[1] + mean[2]! * LUMA[2];
    }
  return { data, width: columns, height: rows, channels };
}

/** Numbers and no objects: this runs once a pixel, and is most of what a small file costs. */
function blockMean(
  rgba: Uint8ClampedArray | Uint8Array,
  width: number,
  height: number,
  left: number,
  top: number,
  block: number,
  mean: Float64Array,
): void {
  const right = Math.min(left + block, width);
  const bottom = Math.min(top + block, height);
  let red = 0;
  let green = 0;
  let blue = 0;
  let alphas = 0;
  for (let y = top; y < bottom; y++)
    for (let x = left, at = (y * width + left) * 4; x < right; x++, at += 4) {
      const alpha = rgba[at + 3]!;
      red += rgba[at]! * alpha;
      green += rgba[at + 1]! * alpha;
      blue += rgba[at + 2]! * alpha;
      alphas += alpha;
    }
  const full = (right - left) * (bottom - top) * 255;
  const white = 1 - alphas / full;
  mean[0] = red / (full * 255) + white;
  mean[1] = green / (full * 255) + white;
  mean[2] = blue / (full * 255) + white;
}

/** The largest square in the middle, scaled to the model's size. */
function middle(picture: Picture, size: number, invert: 'auto' | boolean): Picture {
  const { width, height } = picture;
  const scale = size / Math.min(width, height);
  const [left, top] = [(size - width * scale) / 2, (size - height * scale) / 2];
  const made = resample(picture, size, { left, top, scale });
  if (!(invert === 'auto' ? borderMean(made) > 0.5 : invert)) return made;
  return { ...made, data: made.data.map((value) => 1 - value) };
}

/** As many channels as the model reads: grey goes to all of them. Rounding may have passed 1. */
function spread(picture: Picture, channels: number): Float32Array {
  const { data, channels: has } = picture;
  const at = has === channels ? (i: number) => i : (i: number) => Math.floor(i / channels);
  const out = new Float32Array((data.length / has) * channels);
  return out.map((_, i) => Math.min(1, Math.max(0, data[at(i)]!)));
}
