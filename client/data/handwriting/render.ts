/**
 * Writes the handwriting data set: 64 fonts as 64 writers, in IDX files.
 *
 * Node only. Rows are ordered by writer, then as in DRAWINGS.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { GlobalFonts } from '@napi-rs/canvas';
import { encodeIdx } from '../idx.ts';
import { coveredCodePoints } from './cmap.ts';
import { SIDE, drawGlyph } from './drawing.ts';
import { WRITERS } from './fonts.ts';
import type { Writer } from './fonts.ts';
import { BASE, DRAWINGS, classNames } from './glyphs.ts';
import type { Drawing } from './glyphs.ts';
import { TEST_WRITERS } from './split.ts';

export const IMAGES_FILE = 'images.idx3-ubyte';
export const LABELS_FILE = 'labels.idx1-ubyte';
export const WRITERS_FILE = 'writers.idx1-ubyte';
export const GLYPHS_FILE = 'glyphs.json';

/** Raise when drawing.ts changes what the pixels are. */
const DRAWING_REVISION = 1;

const require = createRequire(import.meta.url);
const registered = new Set<string>();

/** What `glyphs.json` holds. */
export interface GlyphsIndex {
  /** Hash of everything that decides the bytes; see `inputsVersion`. */
  version: string;
  classNames: string[];
  /** Labels below this are base classes, the rest novel ones. */
  baseClasses: number;
  /** Row r is drawing `r % drawings.length` of writer `floor(r / drawings.length)`. */
  drawings: Drawing[];
  /** Ids by writer number. */
  writers: string[];
  /** The part of the split that no seed changes; split.ts deals the others. */
  split: { test: number[] };
}

function fontPath(writer: Writer): string {
  return require.resolve(`${writer.package}/${writer.file}`);
}

/**
 * A short hash of the fonts' bytes, the drawings, the canvas's release and the
 * drawing code's revision. A folder whose index holds another one is stale.
 */
export function inputsVersion(): string {
  const canvas = require('@napi-rs/canvas/package.json') as { version: string };
  const hash = createHash('sha256');
  hash.update(JSON.stringify([DRAWING_REVISION, canvas.version, DRAWINGS, TEST_WRITERS]));
  for (const writer of WRITERS) hash.update(writer.id).update(readFileSync(fontPath(writer)));
  return hash.digest('hex').slice(0, 16);
}

/**
 * Makes a writer's font known to the canvas under a name that no system font
 * has, after checking that it has every character: a canvas would draw a
 * missing one with some other font and say nothing.
 */
function registerWriter(writer: Writer, drawings: readonly Drawing[]): string {
  const family = `shoal-${writer.id}`;
  const path = fontPath(writer);
  const covered = coveredCodePoints(readFileSync(path));
  for (const { glyph } of drawings) {
    if (!covered.has(glyph.codePointAt(0) ?? -1)) {
      throw new Error(`font ${writer.id} has no glyph "${glyph}"`);
    }
  }
  if (!registered.has(family) && !GlobalFonts.registerFromPath(path, family)) {
    throw new Error(`font ${writer.id} could not be loaded from ${writer.package}`);
  }
  registered.add(family);
  return family;
}

/**
 * All drawings of one writer.
 *
 * @returns drawings.length x 784 values, row-major, 0 black to 255 ink
 * @throws naming font and glyph when one is missing from the font or blank
 */
export function renderWriter(
  writer: Writer,
  drawings: readonly Drawing[] = DRAWINGS,
): Uint8Array<ArrayBuffer> {
  const family = registerWriter(writer, drawings);
  const images = new Uint8Array(drawings.length * SIDE * SIDE);
  drawings.forEach(({ glyph }, i) => {
    const what = `glyph "${glyph}" of font ${writer.id}`;
    images.set(drawGlyph(family, glyph, what), i * SIDE * SIDE);
  });
  return images;
}

function index(): GlyphsIndex {
  return {
    version: inputsVersion(),
    classNames: [...classNames],
    baseClasses: BASE.length,
    drawings: [...DRAWINGS],
    writers: WRITERS.map(({ id }) => id),
    split: { test: [...TEST_WRITERS] },
  };
}

/**
 * Writes a file so that readers see the old bytes or the new ones, never half:
 * several processes may find a folder stale at once.
 */
function replaceFile(path: string, bytes: Uint8Array | string): void {
  const draft = `${path}.${process.pid}.tmp`;
  writeFileSync(draft, bytes);
  renameSync(draft, path);
}

export interface RenderOptions {
  /** Called after each writer with writers done and writers in all. */
  onProgress?: (done: number, total: number) => void;
}

/**
 * Renders the whole data set into a folder, made if need be.
 *
 * The index is removed first and written last, so a folder left by an
 * interrupted run never looks complete.
 *
 * @throws naming font and glyph when one is missing from the font or blank
 */
export function renderHandwriting(outDir: string, { onProgress }: RenderOptions = {}): void {
  const perWriter = DRAWINGS.length;
  const rows = WRITERS.length * perWriter;
  const images = new Uint8Array(rows * SIDE * SIDE);
  WRITERS.forEach((writer, w) => {
    images.set(renderWriter(writer), w * perWriter * SIDE * SIDE);
    onProgress?.(w + 1, WRITERS.length);
  });
  const labels = Uint8Array.from({ length: rows }, (_, r) => DRAWINGS[r % perWriter]?.label ?? 0);
  const writers = Uint8Array.from({ length: rows }, (_, r) => Math.floor(r / perWriter));
  mkdirSync(outDir, { recursive: true });
  rmSync(join(outDir, GLYPHS_FILE), { force: true });
  replaceFile(join(outDir, IMAGES_FILE), encodeIdx([rows, SIDE, SIDE], images));
  replaceFile(join(outDir, LABELS_FILE), encodeIdx([rows], labels));
  replaceFile(join(outDir, WRITERS_FILE), encodeIdx([rows], writers));
  replaceFile(join(outDir, GLYPHS_FILE), `${JSON.stringify(index(), null, 1)}\n`);
}
