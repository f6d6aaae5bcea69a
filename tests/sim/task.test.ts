import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { rm } from 'node:fs/promises';
import { expect, onTestFinished, test } from 'vitest';
import { encodeIdx } from '../../client/data/idx.ts';
import { folderTask, handwritingTask, type Task } from '../../client/sim/task.ts';
import { range } from '../../shared/math/random.ts';
import { asFile, BASE_SHAPES, drawings, SIDE } from '../kit/shapes.ts';

const input = { size: SIDE, channels: 1 } as const;
const options = { input, seed: 1, labels: 2 };

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'shoal-task-'));
  onTestFinished(() => rm(path, { recursive: true, force: true }));
  return path;
}

/** Images whose first pixel is their number, three classes in turn; from 100 on they are for testing. */
function writeIdx(path: string, part: string, first: number, count: number): void {
  const pixels = new Uint8Array(count * SIDE * SIDE);
  range(count).forEach((i) => (pixels[i * SIDE * SIDE] = first + i));
  const labels = Uint8Array.from(range(count), (i) => i % 3);
  const write = (name: string, bytes: Uint8Array) => writeFileSync(join(path, name), bytes);
  write(`${part}-images-idx3-ubyte.gz`, gzipSync(encodeIdx([count, SIDE, SIDE], pixels)));
  write(`${part}-labels-idx1-ubyte`, encodeIdx([count], labels));
}

const parts = ({ labelled, crowd, validation, test: tests }: Task) => [
  labelled,
  crowd,
  validation,
  tests,
];
const numbers = (part: Task['test']) =>
  range(part.count).map((i) => Math.round(part.images[i * SIDE * SIDE]! * 255));

test('IDX files: every image is in one part with its label, the test images by themselves', async () => {
  const path = folder();
  writeIdx(path, 'train', 0, 60);
  writeIdx(path, 't10k', 100, 9);
  const task = await folderTask(path, options);
  expect(task.classes).toBe(3);
  expect(parts(task).map(({ count }) => count)).toEqual([6, 48, 6, 9]);
  expect([...task.labelled.labels].sort()).toEqual([0, 0, 1, 1, 2, 2]);
  const [seen, tests] = [parts(task).slice(0, 3), task.test];
  expect(seen.flatMap(numbers).sort((a, b) => a - b)).toEqual(range(60));
  expect(numbers(tests)).toEqual(range(9).map((i) => 100 + i));
  for (const part of seen)
    expect([...part.labels]).toEqual(numbers(part).map((number) => number % 3));
  expect(await folderTask(path, options)).toEqual(task);
});

test('a folder a class: by the order of the names, with test images of its own', async () => {
  const path = folder();
  for (const shape of BASE_SHAPES) {
    mkdirSync(join(path, shape));
    for (const [i, drawing] of drawings(shape, 10, 1).entries())
      writeFileSync(join(path, shape, `${i}.png`), await asFile(drawing, 'png'));
  }
  const task = await folderTask(path, options);
  expect(task.classes).toBe(BASE_SHAPES.length);
  expect(parts(task).map(({ count }) => count)).toEqual([8, 21, 3, 8]);
  expect(parts(task).every(({ images, count }) => images.length === count * SIDE * SIDE)).toBe(
    true,
  );
});

test('handwriting: no writer is in two parts, and the crowd knows who wrote what', () => {
  const { crowd, labelled, classes } = handwritingTask(1);
  expect(new Set(crowd.writers).size).toBe(40);
  expect(labelled.count).toBeGreaterThan(classes);
  expect(crowd.writers).toHaveLength(crowd.count);
});

test('what is no such folder is named', async () => {
  const empty = folder();
  await expect(folderTask(empty, options)).rejects.toThrow('neither IDX files');
  await expect(folderTask(join(empty, 'none'), options)).rejects.toThrow('neither IDX files');
  writeIdx(empty, 'train', 0, 30);
  await expect(folderTask(empty, options)).rejects.toThrow('has no file t10k- or test-images');
  writeIdx(empty, 'test', 100, 3);
  const more = { ...options, labels: 20 };
  await expect(folderTask(empty, more)).rejects.toThrow(
    /class 0 has \d+ images left for 20 labels/,
  );
});
