import { resample, type Picture, type Placement } from './resample.ts';

/** MNIST's convention, which `client/data/handwriting/drawing.ts` renders in: 20 pixels of 28. */
const INK_SIDE = 20 / 28;
/** Ink against paper, at least: below it there is only the paper's grain or a codec's noise. */
const CONTRAST = 0.08;
/** Of the darkest ink: what is fainter counts neither for the box nor for the centre of mass. */
const FAINT = 0.15;
/** In canvas pixels: a move this small would cost more sharpness than it gains in place. */
const UNMOVED = 1.5;

/**
 * A grey picture of a drawing as MNIST would have it: bright ink on black, the ink's longer side
 * 20/28 of the square, its centre of mass in the middle. One that is like this already comes back
 * as it is; a blank one comes back black.
 * @param invert whether the ink is darker than the paper; 'auto' looks at the border.
 */
export function prepareDrawing(picture: Picture, size: number, invert: 'auto' | boolean): Picture {
  const ink = inkOf(picture, invert);
  const box = boxOf(ink);
  const black = { data: new Float32Array(size * size), width: size, height: size, channels: 1 };
  if (!box) return black;
  const placement = centred(box, size);
  if (ink.width === size && ink.height === size && isUnmoved(box, placement)) return exposed(ink);
  return exposed(resample(ink, size, placement));
}

/** Zero where there is paper, whatever its shade. */
function inkOf(picture: Picture, invert: 'auto' | boolean): Picture {
  const paper = borderMean(picture);
  const dark = invert === 'auto' ? paper > 0.5 : invert;
  const level = dark ? 1 - paper : paper;
  const data = picture.data.map((value) => Math.max(0, (dark ? 1 - value : value) - level));
  return { ...picture, data };
}

/** Mean over the outermost pixels and channels. */
export function borderMean({ data, width, height, channels }: Picture): number {
  let sum = 0;
  let count = 0;
  for (let y = 0; y < height; y++) {
    const whole = y === 0 || y === height - 1;
    const step = whole ? 1 : Math.max(1, width - 1);
    for (let x = 0; x < width; x += step)
      for (let c = 0; c < channels; c++, count++) sum += data[(y * width + x) * channels + c]!;
  }
  return sum / count;
}

/** The box around the ink, and its centre of mass, in the picture's pixels. */
type Box = {
  left: number;
  top: number;
  right: number;
  bottom: number;
  massX: number;
  massY: number;
};

/** Undefined where there is no ink. */
function boxOf({ data, width, height }: Picture): Box | undefined {
  const peak = peakOf(data);
  if (peak < CONTRAST) return undefined;
  let [left, top, right, bottom] = [width, height, 0, 0];
  let [mass, sumX, sumY] = [0, 0, 0];
  for (let y = 0, at = 0; y < height; y++)
    for (let x = 0; x < width; x++, at++) {
      const value = data[at]!;
      if (value < peak * FAINT) continue;
      left = Math.min(left, x);
      right = Math.max(right, x + 1);
      top = Math.min(top, y);
      bottom = y + 1;
      mass += value;
      sumX += value * (x + 0.5);
      sumY += value * (y + 0.5);
    }
  return { left, top, right, bottom, massX: sumX / mass, massY: sumY / mass };
}

function centred(box: Box, size: number): Placement {
  const scale = (size * INK_SIDE) / Math.max(box.right - box.left, box.bottom - box.top);
  return {
    scale,
    left: place(box.left * scale, box.right * scale, box.massX * scale, size),
    top: place(box.top * scale, box.bottom * scale, box.massY * scale, size),
  };
}

/** How far to shift so that the mass is central but no ink is cut off. */
function place(from: number, to: number, mass: number, size: number): number {
  return Math.min(Math.max(size / 2 - mass, -from), size - to);
}

function isUnmoved(box: Box, { left, top, scale }: Placement): boolean {
  const move = (at: number, shift: number) => Math.abs(at * scale + shift - at);
  const horizontal = Math.max(move(box.left, left), move(box.right, left));
  return Math.max(horizontal, move(box.top, top), move(box.bottom, top)) <= UNMOVED;
}

/** A thin pen comes out of the averaging as faint grey; what matters is shape, not exposure. */
function exposed(picture: Picture): Picture {
  const peak = peakOf(picture.data);
  return { ...picture, data: picture.data.map((value) => value / peak) };
}

function peakOf(data: Float32Array): number {
  return data.reduce((best, value) => Math.max(best, value), 0);
}
