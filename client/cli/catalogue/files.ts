import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Objective } from '../../../shared/objectives/contract.ts';
import { OBJECTIVES } from '../../../shared/objectives/index.ts';
import { ROOT } from '../edge/build.ts';
import { cataloguePage, type Figures, type System } from './page.ts';

const FOLDER = join(ROOT, 'docs/algorithms');
export const CATALOGUE = join(FOLDER, 'README.md');

/** The catalogue as it should be now. @throws when a figure is of no system */
export function catalogueNow(): string {
  const figures = JSON.parse(readFileSync(join(FOLDER, 'figures.json'), 'utf8')) as Figures;
  const systems = systemsNow();
  for (const id of Object.keys(figures))
    if (!systems.some((system) => system.id === id))
      throw new Error(`docs/algorithms/figures.json: there is no system ${id}`);
  return cataloguePage(systems, figures);
}

/** A system's family is the folder that its file lies in. */
function systemsNow(): System[] {
  const objectives = join(ROOT, 'shared/objectives');
  const files = readdirSync(objectives, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .flatMap(({ name: family }) =>
      readdirSync(join(objectives, family)).map((file) => ({ family, id: basename(file, '.ts') })),
    );
  return Object.entries<Objective>(OBJECTIVES).map(([id, objective]) => {
    const file = files.find((one) => one.id === id);
    if (!file) throw new Error(`objective ${id} has no file of its name`);
    return { id, family: file.family, objective };
  });
}
