import { plainSums, type Sums } from '../../shared/kernels/accumulate/sums.ts';
import { Random } from '../../shared/math/random.ts';
import { encode } from '../../shared/weights/codec.ts';
import { sha256Hex } from '../../shared/weights/digest.ts';
import { startSums } from '../kit/kernel.ts';
import type { Bench } from './run.ts';

const SEED = 20_240_602;
const COUNT = 1_000_000;
const REPEATS = 31;
const WARM_UP = 5;

/** A step and what it is called in the figures; the kernel's and the plain one's are timed in turn. */
type Step = { name: string; act: (sums: Sums) => () => void };

/**
 * What a shard spends on one int8 delta of 1 M parameters, in milliseconds: by the wasm kernel, and
 * as `...Plain` by the TypeScript that it replaces, the median of 31 in turn. `takeIn` is all of it:
 * header, copy, checksum, finite check, norm, adding. The digest, by WebCrypto, is for scale.
 *
 * On two cores of an AMD EPYC, in ms: take-in 0.57 against 3.2 to 3.8, checksum 0.08 against 1.36,
 * squares 0.04 against 1.1, adding 0.28 against 0.85 to 0.91, digest 0.8 to 1.0. In turn, the caches
 * hold the other one's sum; over and over, with warm ones, adding takes 0.21 against 0.72. Passing
 * once over the sum's 8 MB, to read and to write, takes 0.11 of that.
 * @returns `checksumMs`, `squaresMs`, `accumulateMs`, `takeInMs`, each with `...Plain`;
 *   `checksumSpeedup`, `squaresSpeedup`, `accumulateSpeedup`, `takeInSpeedup`; `digestMs`
 */
export const accumulate: Bench = async () => {
  const random = new Random(SEED);
  const delta = Float32Array.from({ length: COUNT }, () => 0.01 * random.normal());
  const message = encode('int8', delta, random);
  const figures: Record<string, number> = {};
  const kernel = startSums();
  for (const { name, act } of stepsOf(message)) {
    const [ours, plain] = await mediansInTurn([act(kernel), act(plainSums)]);
    figures[`${name}Ms`] = ours!;
    figures[`${name}MsPlain`] = plain!;
    figures[`${name}Speedup`] = plain! / ours!;
  }
  const [digest] = await mediansInTurn([() => sha256Hex(message)]);
  figures['digestMs'] = digest!;
  return { seeds: [SEED], figures };
};

function stepsOf(message: Uint8Array): Step[] {
  const expected = { count: COUNT, scheme: 'int8' } as const;
  return [
    { name: 'checksum', act: (sums) => () => sums.checksum(message) },
    { name: 'squares', act: (sums) => sums.open(message, expected).norm },
    {
      name: 'accumulate',
      act(sums) {
        const [sum, delta] = [sums.make(COUNT), sums.open(message, expected)];
        return () => sum.add(delta, 0.37);
      },
    },
    {
      name: 'takeIn',
      act(sums) {
        const sum = sums.make(COUNT);
        return () => {
          const delta = sums.open(message, expected);
          delta.assertFinite();
          sum.add(delta, 1 / delta.norm());
        };
      },
    },
  ];
}

/** Each act's median in milliseconds; one after the other, so that a slow moment meets all alike. */
async function mediansInTurn(acts: (() => unknown)[]): Promise<number[]> {
  const times = acts.map((): number[] => []);
  for (let i = 0; i < WARM_UP + REPEATS; i++)
    for (const [index, act] of acts.entries()) {
      const start = performance.now();
      await act();
      if (i >= WARM_UP) times[index]!.push(performance.now() - start);
    }
  return times.map((all) => all.sort((a, b) => a - b)[REPEATS >> 1]!);
}
