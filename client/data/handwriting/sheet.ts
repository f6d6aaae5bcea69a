/**
 * Contact sheet of the handwriting data set: one row a writer, one column a
 * drawing, dark ink on white.
 *
 * Run: node client/data/handwriting/sheet.ts docs/handwriting.png
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { argv } from 'node:process';
import { fileURLToPath } from 'node:url';
import { crc32, deflateSync } from 'node:zlib';
import { createCanvas } from '@napi-rs/canvas';
import { SIDE } from './drawing.ts';
import { WRITERS } from './fonts.ts';
import { DRAWINGS } from './glyphs.ts';
import { loadHandwriting } from './load.ts';
import { TEST_WRITERS } from './split.ts';

/** Width of the column of names, in pixels. */
const NAMES = 168;
const WIDTH = NAMES + DRAWINGS.length * SIDE;
const HEIGHT = WRITERS.length * SIDE;
/** Bits a pixel; four grey levels are enough to read by and keep the file small. */
const BITS = 2;
const WHITE = 2 ** BITS - 1;

const levelOf = (grey: number): number => Math.round((grey / 255) * WHITE);

/** The names' column as grey values, NAMES x HEIGHT; test writers carry a dot. */
function drawNames(): Uint8Array {
  const context = createCanvas(NAMES, HEIGHT).getContext('2d');
  context.fillStyle = '#fff';
  context.fillRect(0, 0, NAMES, HEIGHT);
  context.fillStyle = '#000';
  context.font = '12px sans-serif';
  context.textBaseline = 'middle';
  WRITERS.forEach(({ id }, w) => {
    const mark = TEST_WRITERS.includes(w) ? ' •' : '';
    context.fillText(`${w} ${id}${mark}`, 2, w * SIDE + SIDE / 2);
  });
  const { data } = context.getImageData(0, 0, NAMES, HEIGHT);
  return Uint8Array.from({ length: NAMES * HEIGHT }, (_, i) => data[4 * i] ?? 0);
}

/** Grey levels of the whole sheet, row-major, 0 black to WHITE. */
function sheetLevels(images: Uint8Array): Uint8Array {
  const names = drawNames();
  const levels = new Uint8Array(WIDTH * HEIGHT);
  for (let y = 0; y < HEIGHT; y++) {
    const firstImage = Math.floor(y / SIDE) * DRAWINGS.length;
    for (let x = 0; x < WIDTH; x++) {
      const column = x - NAMES;
      const image = firstImage + Math.floor(column / SIDE);
      const pixel = (image * SIDE + (y % SIDE)) * SIDE + (column % SIDE);
      const grey = column < 0 ? names[y * NAMES + x] : 255 - (images[pixel] ?? 0);
      levels[y * WIDTH + x] = levelOf(grey ?? 255);
    }
  }
  return levels;
}

function chunk(type: string, body: Uint8Array): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(body.length);
  const typed = Buffer.concat([Buffer.from(type, 'latin1'), body]);
  const check = Buffer.alloc(4);
  check.writeUInt32BE(crc32(typed));
  return Buffer.concat([length, typed, check]);
}

/** A grey PNG; the canvas writes only 32 bits a pixel, which comes out thrice as large. */
function encodeGreyPng(levels: Uint8Array): Uint8Array {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(WIDTH, 0);
  header.writeUInt32BE(HEIGHT, 4);
  header[8] = BITS;
  const perByte = 8 / BITS;
  const stride = 1 + Math.ceil(WIDTH / perByte);
  const packed = Buffer.alloc(stride * HEIGHT);
  levels.forEach((level, i) => {
    const x = i % WIDTH;
    const at = ((i - x) / WIDTH) * stride + 1 + Math.floor(x / perByte);
    packed[at] = (packed[at] ?? 0) | (level << (8 - BITS * ((x % perByte) + 1)));
  });
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(packed, { level: 9 })),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

/**
 * The sheet as PNG bytes.
 *
 * @param images all writers' images, as loadHandwriting gives them
 */
export function contactSheet(images: Uint8Array): Uint8Array {
  return encodeGreyPng(sheetLevels(images));
}

if (argv[1] === fileURLToPath(import.meta.url)) {
  const file = argv[2];
  if (!file) throw new Error('usage: node client/data/handwriting/sheet.ts FILE.png');
  mkdirSync(dirname(file), { recursive: true });
  const png = contactSheet(loadHandwriting().images);
  writeFileSync(file, png);
  console.log(`${file}: ${WRITERS.length} writers, ${png.length} bytes`);
}
