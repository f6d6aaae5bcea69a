import { describe, expect, test } from 'vitest';
import { parseBefore } from '../../client/web/pages/contribute/before.ts';

const SAMPLE = {
  project: 'handwriting',
  source: { kind: 'sample', file: 'handwriting-5.idx3-ubyte' },
  images: 12,
  paused: true,
} as const;

describe('what a tab was doing before it was reloaded', () => {
  test.each([[SAMPLE], [{ ...SAMPLE, source: { kind: 'own' }, paused: false }]])(
    'is read as it was written: %j',
    (before) => {
      expect(parseBefore(JSON.stringify(before))).toEqual(before);
    },
  );

  test.each([
    [null],
    [''],
    ['{'],
    ['null'],
    ['7'],
    [JSON.stringify({ ...SAMPLE, project: undefined })],
    [JSON.stringify({ ...SAMPLE, images: '12' })],
    [JSON.stringify({ ...SAMPLE, source: undefined })],
    [JSON.stringify({ ...SAMPLE, source: { kind: 'sample' } })],
    [JSON.stringify({ ...SAMPLE, source: { kind: 'camera' } })],
  ])('is nothing where it is not that: %s', (text) => {
    expect(parseBefore(text)).toBe(null);
  });

  test('is paused only where that was written', () => {
    expect(parseBefore(JSON.stringify({ ...SAMPLE, paused: 'yes' }))?.paused).toBe(false);
  });
});
