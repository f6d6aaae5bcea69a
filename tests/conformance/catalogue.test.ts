import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'valibot';
import { expect, test } from 'vitest';
import { CATALOGUE, catalogueNow } from '../../client/cli/catalogue/files.ts';
import { cataloguePage } from '../../client/cli/catalogue/page.ts';
import { HANDWRITING_PLAN } from '../../client/data/handwriting/plan.ts';
import { PlanSchema, type PlanInput } from '../../shared/api/plan.ts';
import { recipeOf } from '../../shared/api/recipe.ts';
import { fixmatch } from '../../shared/objectives/semi/fixmatch.ts';

const FOLDER = join(import.meta.dirname, '../../docs/algorithms');
const RECIPES = readdirSync(join(FOLDER, 'recipes'));

test('docs/algorithms lists every system as it is now: else run `npm run catalogue`', () => {
  expect(readFileSync(CATALOGUE, 'utf8')).toBe(catalogueNow());
});

test('a system is listed with its settings, their ranges, and what was measured', () => {
  const measured = { task: 'T', ours: '9 %', lower: '8 %', seeds: '1', command: 'npm run bench' };
  const systems = [{ id: 'fixmatch', family: 'semi', objective: fixmatch }];
  const page = cataloguePage(systems, { fixmatch: [measured] });
  expect(page).toContain('| `threshold` | `0.95` | 0 to 1.01 |');
  expect(page).toContain('| `target` | `"hard"` | `"hard"`, `"soft"` |');
  expect(page).toContain('| `guesses` | `4` | 1 to 32, whole |');
  expect(page).toContain('| `mix` | `false` | `true`, `false` |');
  expect(page).toContain('- T: **9 %**; without it 8 % (seeds 1, `npm run bench`)');
});

test.each(RECIPES)('%s is a whole plan, and recipes.md tells of it', (file) => {
  const recipe = JSON.parse(readFileSync(join(FOLDER, 'recipes', file), 'utf8')) as PlanInput;
  expect(() => recipeOf(parse(PlanSchema, { ...HANDWRITING_PLAN, ...recipe }), 36)).not.toThrow();
  expect(readFileSync(join(FOLDER, 'recipes.md'), 'utf8')).toContain(`recipes/${file}`);
});
