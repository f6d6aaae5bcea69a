import type { PlanInput } from '../../../shared/api/plan.ts';

/**
 * How the sample project learns. Chosen on the validation writers and the browser's shard, never on
 * the test writers (docs/results.md has what was tried).
 */
export const HANDWRITING_PLAN = {
  net: 'strided',
  input: { size: 28, channels: 1 },
  objective: {
    id: 'fixmatch',
    settings: { target: 'soft', threshold: 0, temperature: 0.6, guesses: 4 },
  },
  round: { goal: 4, minimum: 2, deadlineSeconds: 90 },
  local: { steps: 80, batch: 32, rate: 0.05 },
  server: { warmupSteps: 200, steps: 30, batch: 32, rate: 0.05 },
  rounds: 14,
} satisfies PlanInput;
