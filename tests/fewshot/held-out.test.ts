import { describe, expect, test } from 'vitest';
import { bankOf, scoresOf } from '../../shared/fewshot/bank.ts';
import { scoresAlone, type FewShotHead } from '../../shared/fewshot/contract.ts';
import { heldOutScores } from '../../shared/fewshot/held-out.ts';
import { FEW_SHOT_HEADS } from '../../shared/fewshot/index.ts';
import { supportsOf } from '../../shared/fewshot/supports.ts';
import { range } from '../../shared/math/random.ts';
import { crowd, flat, seedOf } from './crowd.ts';

const ENTRIES = Object.entries<FewShotHead>(FEW_SHOT_HEADS);

describe.each(ENTRIES.filter(([, head]) => scoresAlone(head)))('held out of %s', (_, head) => {
  test('an image is compared with its class as the class is without it', () => {
    const data = crowd(1);
    const { ways, dim, labels, z, examples } = data;
    const got = heldOutScores(head, seedOf(data), flat(z), labels, dim);
    labels.forEach((__, i) =>
      range(ways).forEach((way) => {
        const others = z.filter((___, k) => labels[k] === way && k !== i);
        const rows = [...examples[way]!, ...others];
        const alone = supportsOf(flat(rows), new Uint8Array(rows.length), 1, dim);
        const [expected] = scoresOf(bankOf(head, alone, dim), flat([z[i]!]));
        expect(got[i * ways + way]).toBeCloseTo(expected!, 5);
      }),
    );
  });

  test('an image that is all its class has is refused: nothing would be left', () => {
    const one = Float32Array.of(1, 0);
    const seed = supportsOf(one, [0], 2, 2);
    expect(() => heldOutScores(head, seed, Float32Array.of(0, 1), [1], 2)).toThrow('no example');
  });
});

describe.each(ENTRIES.filter(([, head]) => !scoresAlone(head)))('held out of %s', (_, head) => {
  test('none of the images is among the examples that the classes are learnt from', () => {
    const data = crowd(1);
    const rows = flat(data.z);
    const got = heldOutScores(head, seedOf(data), rows, data.labels, data.dim);
    expect(got).toEqual(scoresOf(bankOf(head, seedOf(data), data.dim), rows));
  });

  test('a class without an example beside the images is refused', () => {
    const seed = supportsOf(Float32Array.of(1, 0), [0], 2, 2);
    expect(() => heldOutScores(head, seed, Float32Array.of(0, 1), [1], 2)).toThrow('class 1');
  });
});
