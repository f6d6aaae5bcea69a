import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { startEdge, type Edge, type EdgeOptions } from '../../client/cli/edge/edge.ts';
import { Api } from '../../client/net/api.ts';
import type { PlanInput } from '../../shared/api/plan.ts';
import type { NewProject } from '../../shared/api/schemas/projects.ts';
import { range } from '../../shared/math/random.ts';

export type BenchEdge = Edge & { admin: Api; anyone: Api };

/**
 * A workerd of its own for one measurement, with D1, R2 and the objects on disk as `npm start` has
 * them: kept in memory they would count as the worker's.
 */
export async function withEdge<T>(
  say: (line: string) => void,
  work: (edge: BenchEdge) => Promise<T>,
  options: Pick<EdgeOptions, 'direct'> = {},
): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'shoal-bench-'));
  try {
    const edge = await startEdge({ folder, port: 0, say, ...options });
    try {
      const admin = new Api(edge.origin, edge.adminToken);
      return await work({ ...edge, admin, anyone: new Api(edge.origin) });
    } finally {
      await edge.stop();
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Classes whose blank image is validated by too: enough for a gate, where there are many. */
const VALIDATED = 4;

/** A project of blank images, for benches in which nothing is learnt. @param size the images' side */
export function blankProject(
  id: string,
  plan: PlanInput,
  classes: number,
  size: number,
): NewProject {
  const blank = { pixels: Buffer.alloc(size * size).toString('base64') };
  return {
    ...{ id, title: 'Bench', plan },
    classes: range(classes).map((label) => ({
      ...{ name: `class ${label}`, examples: [blank] },
      validation: label < VALIDATED ? [blank] : [],
    })),
  };
}

/** Creates a project and waits until its first version is live. */
export async function createLive({ admin, anyone }: BenchEdge, project: NewProject): Promise<void> {
  await admin.call('createProject', { json: project });
  for (;;) {
    const { training } = await anyone.call('getProject', { params: { project: project.id } });
    if (training.notice) throw new Error(`bench: ${training.notice}`);
    if (training.phase !== 'preparing') return;
    await pause(100);
  }
}
