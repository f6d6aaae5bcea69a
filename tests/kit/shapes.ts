/** Drawings that a small net learns in a few steps: one shape a class, each a little different. */
import { createCanvas } from '@napi-rs/canvas';
import { Random } from '../../shared/math/random.ts';

export const SIDE = 16;

/** Whether a point is ink, measured from the centre in pixels. As wide as the convention for drawings has it: 20/28 of the side. */
const SHAPES = {
  level: (x, y) => Math.abs(y) < 2 && Math.abs(x) < 5.7,
  upright: (x, y) => Math.abs(x) < 2 && Math.abs(y) < 5.7,
  disc: (x, y) => Math.hypot(x, y) < 5.7,
  cross: (x, y) => Math.abs(Math.abs(x) - Math.abs(y)) < 2 && Math.abs(x) + Math.abs(y) < 10,
  ring: (x, y) => Math.abs(Math.hypot(x, y) - 4.7) < 1,
  corner: (x, y) =>
    (Math.abs(x + 4.4) < 1.3 && Math.abs(y) < 5.7) ||
    (Math.abs(y - 4.4) < 1.3 && Math.abs(x) < 5.7),
} satisfies Record<string, (x: number, y: number) => boolean>;

export type Shape = keyof typeof SHAPES;

/** What the toy project is trained on; the others are for classes that are added later. */
export const BASE_SHAPES: readonly Shape[] = ['level', 'upright', 'disc', 'cross'];

/** One drawing, SIDE*SIDE bytes, bright on black: shifted by up to a pixel, unevenly inked. */
export function draw(shape: Shape, random: Random): Uint8Array {
  const [dx, dy] = [random.uniform(-1, 1), random.uniform(-1, 1)];
  const ink = random.uniform(200, 255);
  const pixels = new Uint8Array(SIDE * SIDE);
  for (let y = 0; y < SIDE; y++)
    for (let x = 0; x < SIDE; x++) {
      const inked = SHAPES[shape](x + 0.5 - SIDE / 2 - dx, y + 0.5 - SIDE / 2 - dy);
      if (inked) pixels[y * SIDE + x] = ink - random.int(30);
    }
  return pixels;
}

/** So many drawings of a shape, by a seed: another seed, other drawings. */
export function drawings(shape: Shape, count: number, seed: number): Uint8Array[] {
  const random = new Random(seed).fork(shape);
  return Array.from({ length: count }, () => draw(shape, random));
}

/** A drawing as the API takes it in JSON: the network's own pixels. */
export function asPixels(drawing: Uint8Array): { pixels: string } {
  return { pixels: Buffer.from(drawing).toString('base64') };
}

/** A drawing as the network's tensor: float32 in [0, 1]. */
export function asTensor(drawing: Uint8Array): Uint8Array {
  return new Uint8Array(Float32Array.from(drawing, (value) => value / 255).buffer);
}

/** A drawing as a file, four times as large, as a page would send it. */
export async function asFile(
  drawing: Uint8Array,
  format: 'png' | 'jpeg' | 'webp',
): Promise<Uint8Array> {
  const zoom = 4;
  const canvas = createCanvas(SIDE * zoom, SIDE * zoom);
  const context = canvas.getContext('2d');
  drawing.forEach((value, i) => {
    context.fillStyle = `rgb(${value}, ${value}, ${value})`;
    context.fillRect((i % SIDE) * zoom, Math.floor(i / SIDE) * zoom, zoom, zoom);
  });
  const bytes = format === 'png' ? canvas.encode('png') : canvas.encode(format as 'jpeg', 95);
  return Uint8Array.from(await bytes);
}
