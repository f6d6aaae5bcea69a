import type { Simd } from './kernel.ts';

/** A filter's windows over NHWC images, and where in the images of the other side each of them belongs. */
export type Windows = {
  /** The images that windows are cut from. */
  image: { batch: number; height: number; width: number; channels: number };
  /** Zeros before the first row and column; negative leaves so many out. */
  top: number;
  left: number;
  /** A window's rows and columns. */
  rows: number;
  columns: number;
  /** How many windows there are in an image, and the way from one to the next. */
  down: number;
  across: number;
  strideY: number;
  strideX: number;
  /** The other side: an image's size, where the first window belongs, and how far apart they are. */
  other: { height: number; width: number; channels: number };
  firstY: number;
  firstX: number;
  stepY: number;
  stepX: number;
};

/** Windows that are worked on together. */
export type Frames = {
  /** Address of the padded images. */
  frame: number;
  /** Bytes from one row of them to the next. */
  pitch: number;
  /** Address of the windows' places, as assembly/convolve.ts has them, and how many there are. */
  list: number;
  count: number;
  /** How many are there but for those that fill the last tile. */
  windows: number;
  /** Bytes of the other side's images that come before the first of these. */
  before: number;
  /** Address of the bytes that were asked for. */
  room: number;
};

/**
 * Padded images are made this many bytes at a time, to be found in the second cache again. Of 32 to
 * 256 KB the best for the filter's gradient on 14 x 14 x 64, and as good as any elsewhere.
 */
const FRAME_BYTES = 128 * 1024;

/** Places behind the last one, with which the last tile of 6 is filled. */
const TILE_SLACK = 5;

/** What the filter's gradient reads, and drops, behind a window. */
const READ_BEHIND = 32;

/**
 * Cuts the images into pieces, pads each and calls `work` on it: whole images, or some rows of one.
 * @param perWindow bytes of scratch that `work` wants for every window
 */
export function eachFrame(
  simd: Simd,
  x: number,
  w: Windows,
  perWindow: number,
  work: (frames: Frames) => void,
): void {
  if (w.down === 0 || w.across === 0) return;
  const { batch, height, width, channels } = w.image;
  const frameWidth = (w.across - 1) * w.strideX + w.columns;
  const pitch = 4 * frameWidth * channels;
  const heightOf = (down: number) => (down - 1) * w.strideY + w.rows;
  const whole = heightOf(w.down) * pitch;
  const images = Math.min(batch, Math.max(1, Math.floor(FRAME_BYTES / whole)));
  const fitting = Math.floor((FRAME_BYTES / pitch - w.rows) / w.strideY) + 1;
  const down = images > 1 ? w.down : Math.min(w.down, Math.max(1, fitting));
  const bytes = images * heightOf(down) * pitch;
  const slots = images * down * w.across + TILE_SLACK;
  simd.scratch([bytes + READ_BEHIND, 8 * slots, perWindow * slots], (frame, list, room) => {
    simd.clear(frame, bytes + READ_BEHIND);
    for (let image = 0; image < batch; image += images)
      for (let row = 0; row < w.down; row += down) {
        const together = Math.min(images, batch - image);
        const rows = Math.min(down, w.down - row);
        const frameHeight = heightOf(rows);
        // The margins of another stretch of rows lie elsewhere.
        if (down < w.down) simd.clear(frame, bytes);
        const from = x + 4 * image * height * width * channels;
        const top = w.top - row * w.strideY;
        simd.loops.pad(
          ...[from, frame, together, height, width, channels],
          ...[top, w.left, frameHeight, frameWidth],
        );
        const count = simd.loops.places(
          ...[list, together, rows, w.across, w.strideY, w.strideX],
          ...[frameHeight, frameWidth, channels],
          ...[w.firstY + row * w.stepY, w.firstX, w.stepY, w.stepX],
          ...[w.other.height, w.other.width, w.other.channels],
        );
        const before = 4 * image * w.other.height * w.other.width * w.other.channels;
        work({ frame, pitch, list, count, windows: together * rows * w.across, before, room });
      }
  });
}
