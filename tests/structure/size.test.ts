// What is downloaded or deployed is part of the product: it grows only when somebody says so here.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { WEB_OUT, WORKER_OUT } from '../../client/cli/edge/build.ts';

const KB = 1000;

function gzipped(...files: string[]): number {
  return files.reduce((sum, file) => sum + gzipSync(readFileSync(file)).length, 0);
}

describe('the worker', () => {
  const files = readdirSync(WORKER_OUT)
    .filter((name) => /\.(js|wasm)$/.test(name))
    .map((name) => join(WORKER_OUT, name));

  test('is far below the 3 MB, compressed, of the smallest plan', () => {
    expect(gzipped(...files)).toBeLessThan(1000 * KB);
  });
});

describe('a page, before anybody presses a button,', () => {
  test.each([
    ['index.html', 60],
    ['admin.html', 95],
    ['playground.html', 70],
  ])('%s loads at most %i KB, compressed', (page, most) => {
    const html = readFileSync(join(WEB_OUT, page), 'utf8');
    const own = [...html.matchAll(/(?:src|href)="(\/assets\/[^"]+)"/g)].map(([, path]) =>
      join(WEB_OUT, path as string),
    );
    expect(own.length).toBeGreaterThan(0);
    const loaded = gzipped(join(WEB_OUT, page), ...own);
    expect(loaded).toBeLessThan(most * KB);
  });
});
