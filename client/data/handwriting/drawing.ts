/**
 * One glyph of one font as an MNIST-like picture: 28 x 28, bright ink on black,
 * the longer side of the ink 20 pixels, its centre of mass in the middle.
 *
 * Node only (@napi-rs/canvas). The same font file gives the same bytes.
 */
import { createCanvas } from '@napi-rs/canvas';
import type { SKRSContext2D } from '@napi-rs/canvas';

/** Width and height of an image, in pixels. */
export const SIDE = 28;
/** Longer side of the ink inside an image, in pixels. */
export const INK_SIDE = 20;

const FONT_PIXELS = 160;
/** Square sheet the large glyph is drawn on; wide enough for long swashes. */
const SHEET = 480;
const ORIGIN_X = 160;
const BASELINE_Y = 300;
/** Room left around the box that the font claims; it must stay empty. */
const MARGIN = 4;

/** Opacity 0-255 of a piece of the sheet, row-major. */
interface Drawn {
  alpha: Uint8Array;
  columns: number;
  rows: number;
}

/** The box around the ink and its centre of mass from the box's corner, in sheet pixels. */
interface Ink extends Drawn {
  left: number;
  top: number;
  width: number;
  height: number;
  massX: number;
  massY: number;
}

let sheet: SKRSContext2D | undefined;

/** Draws one large glyph and reads back the piece of the sheet that holds it. */
function drawLarge(family: string, glyph: string): Drawn {
  sheet ??= createCanvas(SHEET, SHEET).getContext('2d', { willReadFrequently: true });
  sheet.clearRect(0, 0, SHEET, SHEET);
  sheet.font = `${FONT_PIXELS}px "${family}"`;
  sheet.fillStyle = '#fff';
  sheet.fillText(glyph, ORIGIN_X, BASELINE_Y);
  const box = sheet.measureText(glyph);
  const left = Math.max(0, Math.floor(ORIGIN_X - box.actualBoundingBoxLeft) - MARGIN);
  const right = Math.min(SHEET, Math.ceil(ORIGIN_X + box.actualBoundingBoxRight) + MARGIN);
  const top = Math.max(0, Math.floor(BASELINE_Y - box.actualBoundingBoxAscent) - MARGIN);
  const bottom = Math.min(SHEET, Math.ceil(BASELINE_Y + box.actualBoundingBoxDescent) + MARGIN);
  const [columns, rows] = [right - left, bottom - top];
  const { data } = sheet.getImageData(left, top, columns, rows);
  const alpha = new Uint8Array(columns * rows);
  for (let i = 0; i < alpha.length; i++) alpha[i] = data[4 * i + 3] ?? 0;
  return { alpha, columns, rows };
}

/** Box and centre of mass of the ink; throws when blank or cut at an edge. */
function measure(drawn: Drawn, what: string): Ink {
  const { alpha, columns, rows } = drawn;
  let [left, top, right, bottom] = [columns, rows, -1, -1];
  let [mass, sumX, sumY] = [0, 0, 0];
  for (let y = 0; y < rows; y++) {
    for (let x = 0; x < columns; x++) {
      const ink = alpha[y * columns + x] ?? 0;
      if (ink === 0) continue;
      left = Math.min(left, x);
      right = Math.max(right, x);
      top = Math.min(top, y);
      bottom = y;
      mass += ink;
      sumX += ink * (x + 0.5);
      sumY += ink * (y + 0.5);
    }
  }
  if (mass === 0) throw new Error(`${what} is blank`);
  if (left === 0 || top === 0 || right === columns - 1 || bottom === rows - 1) {
    throw new Error(`${what} reaches beyond the box that its font claims, or the sheet`);
  }
  const [width, height] = [right - left + 1, bottom - top + 1];
  return {
    ...drawn,
    left,
    top,
    width,
    height,
    massX: sumX / mass - left,
    massY: sumY / mass - top,
  };
}

/** Where the box starts so that the mass is central but nothing is cut. */
function place(mass: number, length: number): number {
  return Math.min(Math.max(SIDE / 2 - mass, 0), SIDE - length);
}

/**
 * Area averaging: each large pixel is spread over the small pixels it covers.
 * Working at the final fractional position keeps the mass central to a fraction
 * of a pixel, where rounding to whole pixels would jitter it.
 */
function shrink(ink: Ink): Float64Array {
  const scale = INK_SIDE / Math.max(ink.width, ink.height);
  const startX = place(ink.massX * scale, ink.width * scale);
  const startY = place(ink.massY * scale, ink.height * scale);
  const small = new Float64Array(SIDE * SIDE);
  for (let y = 0; y < ink.height; y++) {
    for (let x = 0; x < ink.width; x++) {
      const value = ink.alpha[(ink.top + y) * ink.columns + ink.left + x] ?? 0;
      if (value > 0) splat(small, value, startX + x * scale, startY + y * scale, scale);
    }
  }
  return small;
}

/** Adds `value` times the overlap of a `size`-wide square with each small pixel. */
function splat(small: Float64Array, value: number, x: number, y: number, size: number): void {
  const lastX = Math.min(SIDE - 1, Math.floor(x + size));
  const lastY = Math.min(SIDE - 1, Math.floor(y + size));
  for (let row = Math.floor(y); row <= lastY; row++) {
    const tall = Math.min(y + size, row + 1) - Math.max(y, row);
    for (let column = Math.floor(x); column <= lastX; column++) {
      const wide = Math.min(x + size, column + 1) - Math.max(x, column);
      const at = row * SIDE + column;
      small[at] = (small[at] ?? 0) + value * tall * wide;
    }
  }
}

/**
 * Draws one glyph.
 *
 * @param family a registered font family that is known to have the glyph
 * @param glyph one character
 * @param what named in the error when the drawing is blank or too large
 * @returns 784 values, row-major; 0 is black and the brightest ink is 255
 */
export function drawGlyph(family: string, glyph: string, what: string): Uint8Array {
  const small = shrink(measure(drawLarge(family, glyph), what));
  // A thin pen would come out as faint grey; what matters is shape, not exposure.
  const peak = small.reduce((best, value) => Math.max(best, value), 0);
  return Uint8Array.from(small, (value) => Math.round((255 * value) / peak));
}
