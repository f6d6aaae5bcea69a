import { describe, expect, test } from 'vitest';
import { fedOpt } from './fedopt.ts';
import { crowd, expectClose, served } from './served.ts';

const RULES = ['fedadagrad', 'fedyogi', 'fedadam'] as const;

/** FedAdagrad has no second decay: the oracle does not read it, the plan cannot name it. */
function settingsOf(after: (typeof RULES)[number], choice: Parameters<typeof fedOpt>[3]) {
  const { rate, beta1, beta2, tau } = choice;
  const all = { serverRate: rate, serverBeta1: beta1, serverTau: tau };
  return after === 'fedadagrad' ? all : { ...all, serverBeta2: beta2 };
}

describe.each(RULES)('%s', (after) => {
  test.each([
    { rate: 0.1, beta1: 0.9, beta2: 0.99, tau: 1e-3 },
    { rate: 0.01, beta1: 0, beta2: 0.9, tau: 1e-3 },
    { rate: 1, beta1: 0.5, beta2: 0.5, tau: 0.1 },
    { rate: 0.3, beta1: 0.9, beta2: 0.3, tau: 0.01 },
  ])('as the slow one over eight rounds: %o', async (choice) => {
    for (const seed of [1, 2, 3]) {
      const rounds = crowd(seed, 9, 8);
      const start = Array.from({ length: 9 }, (_, i) => 0.1 * i);
      const settings = settingsOf(after, choice);
      const fast = await served(start, rounds, { after, settings });
      expectClose(fast, fedOpt(after, start, rounds, choice));
    }
  });

  test('its defaults are the ones it says', async () => {
    const rounds = crowd(4, 5, 6);
    const start = [0, 0, 0, 0, 0];
    const choice = { rate: 0.01, beta1: 0.9, beta2: 0.99, tau: 1e-3 };
    const adagrad = { ...choice, rate: 0.1, beta1: 0 };
    const expected = fedOpt(after, start, rounds, after === 'fedadagrad' ? adagrad : choice);
    expectClose(await served(start, rounds, { after }), expected);
  });

  // One weight, one client, mean 1 and tau 1: v begins at 1.
  test('by hand, its first step', async () => {
    const choice = { rate: 1, beta1: 0.5, beta2: 0.5, tau: 1 };
    const v = { fedadagrad: 2, fedyogi: 1, fedadam: 1 }[after];
    const settings = settingsOf(after, choice);
    const [x] = await served([0], [[{ weights: [1], examples: 1 }]], { after, settings });
    expect(x).toBeCloseTo(0.5 / (Math.sqrt(v) + 1), 6);
  });
});
