import { expect, test } from 'vitest';
import { learnAll } from '../bench/learn-all.ts';

test(
  'every way of learning reaches what it has to, on a little handwriting',
  { timeout: 300_000 },
  async () => {
    const said: string[] = [];
    const { figures } = await learnAll({ options: {}, say: (line) => said.push(line) });
    expect(figures['failed'], said.join('\n')).toBe(0);
    // None has come to an empty table, and each compared.
    const compared = Object.keys(figures).filter((key) => key.endsWith('LowerMean'));
    for (const suite of ['ssl', 'fewshot', 'federated', 'pretext'])
      expect(
        compared.filter((key) => key.startsWith(suite)),
        suite,
      ).not.toEqual([]);
  },
);
