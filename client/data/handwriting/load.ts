/**
 * The handwriting data set in memory, rendered on first use.
 *
 * Node only: browsers get their images from files that people choose.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { decodeIdx } from '../idx.ts';
import { SIDE } from './drawing.ts';
import {
  GLYPHS_FILE,
  IMAGES_FILE,
  LABELS_FILE,
  WRITERS_FILE,
  inputsVersion,
  renderHandwriting,
} from './render.ts';
import type { GlyphsIndex, RenderOptions } from './render.ts';

export interface Handwriting {
  /** n x 784 values, row-major 28 x 28 images, 0 black to 255 ink. */
  images: Uint8Array;
  /** n class numbers, indices into classNames. */
  labels: Uint8Array;
  /** n writer numbers, 0 to 63. */
  writers: Uint8Array;
  classNames: string[];
  /** Classes 0 to baseClasses - 1 are base classes, the rest novel. */
  baseClasses: number;
  /** Number of images. */
  n: number;
}

/** The folder's index, or undefined when there is none or it is stale or damaged. */
function currentIndex(dir: string): GlyphsIndex | undefined {
  const path = join(dir, GLYPHS_FILE);
  if (!existsSync(path)) return undefined;
  try {
    const index = JSON.parse(readFileSync(path, 'utf8')) as GlyphsIndex;
    return index.version === inputsVersion() ? index : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** One file's values; throws unless they are uint8 and as many as wanted. */
function readValues(dir: string, file: string, wanted: readonly number[]): Uint8Array {
  const { shape, data } = decodeIdx(readFileSync(join(dir, file)));
  if (!(data instanceof Uint8Array) || shape.join() !== wanted.join()) {
    const found = `${data instanceof Uint8Array ? 'uint8' : 'int16'} ${shape.join(' x ')}`;
    throw new Error(`${file}: found ${found}, want uint8 ${wanted.join(' x ')}`);
  }
  return data;
}

/**
 * Loads the data set, rendering it first when the folder is missing or stale
 * (some seconds).
 *
 * @param dir cache folder, relative to the working directory
 * @throws when a font lacks a glyph, or a current folder's files are damaged
 */
export function loadHandwriting(
  dir = '.shoal/handwriting',
  options: RenderOptions = {},
): Handwriting {
  let index = currentIndex(dir);
  if (!index) {
    renderHandwriting(dir, options);
    index = currentIndex(dir);
  }
  if (!index) throw new Error(`${dir}: the data set just rendered is not current`);
  const { classNames, baseClasses } = index;
  const n = index.writers.length * index.drawings.length;
  return {
    images: readValues(dir, IMAGES_FILE, [n, SIDE, SIDE]),
    labels: readValues(dir, LABELS_FILE, [n]),
    writers: readValues(dir, WRITERS_FILE, [n]),
    classNames,
    baseClasses,
    n,
  };
}

export interface RowFilter {
  /** true: novel classes only; false (the default): base classes only. */
  novel?: boolean;
}

/**
 * Row numbers of some writers' images, in file order.
 *
 * @param writers writer numbers, as dealt by splitWriters
 */
export function rowsOf(
  data: Pick<Handwriting, 'labels' | 'writers' | 'baseClasses' | 'n'>,
  writers: readonly number[],
  { novel = false }: RowFilter = {},
): number[] {
  const wanted = new Set(writers);
  const rows: number[] = [];
  for (let row = 0; row < data.n; row++) {
    const isNovel = (data.labels[row] ?? 0) >= data.baseClasses;
    if (isNovel === novel && wanted.has(data.writers[row] ?? -1)) rows.push(row);
  }
  return rows;
}
