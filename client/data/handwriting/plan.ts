import type { PlanInput } from '../../../shared/api/plan.ts';

/**
 * How the sample project learns. Chosen on the validation writers and the browser's shard, never on
 * the test writers (docs/results.md has what was tried).
 */
export const HANDWRITING_PLAN = {
  net: 'strided',
  input: { size: 28, channels: 1 },
  objective: { id: 'fixmatch', settings: { threshold: 0.6, temperature: 1 } },
  round: { goal: 4, minimum: 2, deadlineSeconds: 90 },
  local: { steps: 40, batch: 32, rate: 0.03 },
  server: { warmupSteps: 300, steps: 40, batch: 32, rate: 0.05 },
  rounds: 12,
} satisfies PlanInput;
