import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { WRITERS } from '../../client/data/handwriting/fonts.ts';
import { BASE, CLASSES, DRAWINGS, NOVEL } from '../../client/data/handwriting/glyphs.ts';
import { loadHandwriting, rowsOf } from '../../client/data/handwriting/load.ts';
import type { Handwriting } from '../../client/data/handwriting/load.ts';
import { GLYPHS_FILE, IMAGES_FILE, renderWriter } from '../../client/data/handwriting/render.ts';
import { TEST_WRITERS, splitWriters } from '../../client/data/handwriting/split.ts';

const SIDE = 28;
const SEEDS = [0, 1, 2, 17, 123456];
const hash = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

let dir = '';
let data: Handwriting;
const imageOf = (row: number): Uint8Array =>
  data.images.subarray(row * SIDE * SIDE, (row + 1) * SIDE * SIDE);

beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'shoal-handwriting-'));
  data = loadHandwriting(dir);
}, 120_000);
afterAll(() => rmSync(dir, { recursive: true, force: true }));

/** Centre of mass and extent of an image's ink, in pixels. */
function inkOf(image: Uint8Array) {
  let [mass, x, y, left, right, top, bottom] = [0, 0, 0, SIDE, -1, SIDE, -1];
  image.forEach((ink, i) => {
    if (ink === 0) return;
    const [column, row] = [i % SIDE, Math.floor(i / SIDE)];
    mass += ink;
    x += ink * (column + 0.5);
    y += ink * (row + 0.5);
    [left, right] = [Math.min(left, column), Math.max(right, column)];
    [top, bottom] = [Math.min(top, row), Math.max(bottom, row)];
  });
  return { x: x / mass, y: y / mass, wide: right - left + 1, tall: bottom - top + 1 };
}

describe('the data set', () => {
  test('64 writers draw 36 base and 18 novel classes', () => {
    expect(new Set(WRITERS.map(({ id }) => id)).size).toBe(64);
    expect([BASE.length, NOVEL.length, DRAWINGS.length]).toEqual([36, 18, 62 + 18]);
    expect(data.n).toBe(64 * 80);
    expect(data.images.length).toBe(data.n * SIDE * SIDE);
    expect(data.classNames).toEqual(CLASSES.map(({ name }) => name));
    expect(new Set(data.classNames).size).toBe(54);
    expect(new Set(data.labels).size).toBe(54);
    expect(new Set(data.writers).size).toBe(64);
  });

  test('every image is bright ink on black, of MNIST size', () => {
    for (let row = 0; row < data.n; row++) {
      const image = imageOf(row);
      expect(Math.max(...image)).toBe(255);
      expect(image.filter((ink) => ink === 0).length).toBeGreaterThan(SIDE * SIDE * 0.4);
      const { wide, tall } = inkOf(image);
      // 20 pixels at a fractional position touch 20 or 21.
      expect(Math.max(wide, tall)).toBeGreaterThanOrEqual(19);
      expect(Math.max(wide, tall)).toBeLessThanOrEqual(21);
    }
  });

  test('the centre of mass is in the middle unless that would cut the ink', () => {
    let clamped = 0;
    for (let row = 0; row < data.n; row++) {
      const { x, y } = inkOf(imageOf(row));
      const off = Math.max(Math.abs(x - SIDE / 2), Math.abs(y - SIDE / 2));
      expect(off).toBeLessThan(3);
      if (off > 0.3) clamped++;
    }
    expect(clamped / data.n).toBeLessThan(0.03);
  });

  test('two drawings of one writer are never the same picture in different classes', () => {
    for (let writer = 0; writer < 64; writer++) {
      const labelOf = new Map<string, number>();
      for (let row = writer * 80; row < (writer + 1) * 80; row++) {
        const key = hash(imageOf(row));
        const label = data.labels[row] ?? -1;
        expect(labelOf.get(key) ?? label).toBe(label);
        labelOf.set(key, label);
      }
    }
  });
});

describe('rendering', () => {
  test('gives the same bytes each time', () => {
    const some = DRAWINGS.filter(({ glyph }) => 'A7@g'.includes(glyph));
    for (const writer of WRITERS.slice(0, 3)) {
      expect(hash(renderWriter(writer, some))).toBe(hash(renderWriter(writer, some)));
    }
    const writer = WRITERS[63];
    if (!writer) throw new Error('no writer 63');
    expect(hash(renderWriter(writer))).toBe(hash(data.images.subarray(63 * 80 * SIDE * SIDE)));
  });

  test('a character the font lacks is an error, not a fallback font', () => {
    const writer = WRITERS[0];
    if (!writer) throw new Error('no writer 0');
    expect(() => renderWriter(writer, [{ label: 0, glyph: '水' }])).toThrow(
      `font ${writer.id} has no glyph "水"`,
    );
    expect(() => renderWriter(writer, [{ label: 0, glyph: ' ' }])).toThrow(/glyph " " .* is blank/);
  });

  test('a current folder is only read, a stale one rendered again', () => {
    let writers = 0;
    const onProgress = () => writers++;
    loadHandwriting(dir, { onProgress });
    expect(writers).toBe(0);
    const before = hash(readFileSync(join(dir, IMAGES_FILE)));
    const index = JSON.parse(readFileSync(join(dir, GLYPHS_FILE), 'utf8')) as object;
    writeFileSync(join(dir, GLYPHS_FILE), JSON.stringify({ ...index, version: 'old' }));
    loadHandwriting(dir, { onProgress });
    expect(writers).toBe(64);
    expect(hash(readFileSync(join(dir, IMAGES_FILE)))).toBe(before);
  }, 120_000);
});

describe('the split', () => {
  test.each(SEEDS)('seed %i deals every writer once', (seed) => {
    const { test: tested, labelled, validation, shards } = splitWriters(seed);
    expect([tested.length, labelled.length, validation.length]).toEqual([16, 1, 7]);
    expect(shards.map((shard) => shard.length)).toEqual([8, 8, 8, 8, 8]);
    const all = [...tested, ...labelled, ...validation, ...shards.flat()];
    expect(all.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 64 }, (_, i) => i));
    expect(tested).toEqual(TEST_WRITERS);
    expect(splitWriters(seed)).toEqual(splitWriters(seed));
  });

  test('seeds differ in all but the test writers', () => {
    expect(new Set(SEEDS.map((seed) => splitWriters(seed).labelled.join())).size).toBe(5);
  });

  test('rowsOf keeps base and novel classes apart', () => {
    const base = rowsOf(data, [3, 60]);
    const novel = rowsOf(data, [3, 60], { novel: true });
    expect([base.length, novel.length]).toEqual([2 * 62, 2 * 18]);
    expect(base.every((row) => (data.labels[row] ?? 99) < 36)).toBe(true);
    expect(novel.every((row) => (data.labels[row] ?? 0) >= 36)).toBe(true);
    expect(new Set([...base, ...novel].map((row) => data.writers[row]))).toEqual(new Set([3, 60]));
  });
});
