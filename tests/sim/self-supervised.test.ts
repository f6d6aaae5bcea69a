/** What learns without labels, in the rounds of a federation: what it brings of its own travels, or stays. */
import { parse } from 'valibot';
import { expect, test } from 'vitest';
import { simulate } from '../../client/sim/federation.ts';
import { PlanSchema } from '../../shared/api/plan.ts';
import { recipeOf } from '../../shared/api/recipe.ts';
import type { ObjectiveId } from '../../shared/objectives/index.ts';
import { freshWeights } from '../../shared/train/server.ts';
import { tf } from '../kit/backends.ts';
import { CLASSES, COLOURED, coloured, SMALL, stripes, unlabelled } from '../train/stripes.ts';

const SYSTEMS: [ObjectiveId, object][] = [
  ['autoencoder', {}],
  ['byol', {}],
  ['colorization', {}],
  ['deep-cluster', { clusters: 3 }],
  ['instance-discrimination', {}],
  ['jigsaw', {}],
  ['masked-reconstruction', {}],
  ['moco', { queue: 16 }],
  ['next-frame', {}],
  ['orchestra', { locals: 3 }],
  ['protoclr', {}],
  ['psco', { queue: 16, shots: 2 }],
  ['relative-patch', {}],
  ['rotation', {}],
  ['simclr', {}],
  ['uflst', { neighbours: 5, within: 0.8 }],
];

test.each(SYSTEMS)(
  '%s: two volunteers move all that is sent, and nothing else',
  async (id, settings) => {
    const isColoured = id === 'colorization';
    const images = (seed: number) => (isColoured ? coloured(stripes(24, seed)) : stripes(24, seed));
    const { size, channels } = isColoured ? COLOURED : SMALL;
    const recipe = recipeOf(
      parse(PlanSchema, {
        input: { size, channels },
        objective: { id, settings },
        local: { steps: 2, batch: 6 },
        server: { warmupSteps: 1, steps: 1, batch: 4 },
        codec: 'float32',
      }),
      CLASSES,
    );
    const volunteers = [2, 3].map((seed) => unlabelled(images(seed)));
    const onRound = async () => undefined;
    const weights = await simulate({ tf, recipe, seed: images(1), volunteers, rounds: 1, onRound });
    const fresh = freshWeights(recipe);
    const sent = new Set(recipe.model.sent.layout.entries.map(({ name }) => name));
    for (const { name, offset, size: numbers } of recipe.model.layout.entries) {
      const moved = weights
        .subarray(offset, offset + numbers)
        // The server's moving average rounds what it does not move.
        .some((value, i) => Math.abs(value - fresh[offset + i]!) > 1e-6);
      expect(moved, name).toBe(sent.has(name));
    }
  },
);
