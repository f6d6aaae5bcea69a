/** A project small enough that a round takes about a second in workerd, and yet learns. */
import type { PlanInput } from '../../shared/api/plan.ts';
import type { NewProject, ProjectState } from '../../shared/api/schemas/projects.ts';
import type { Version } from '../../shared/api/schemas/versions.ts';
import type { Api } from '../../client/net/api.ts';
import type { TestEdge } from './edge.ts';
import { watch } from './line.ts';
import { asPixels, BASE_SHAPES, drawings, SIDE } from './shapes.ts';

const PLAN = {
  net: 'strided',
  input: { size: SIDE, channels: 1 },
  objective: { id: 'fixmatch', settings: {} },
  round: { goal: 3, minimum: 1, deadlineSeconds: 60 },
  local: { steps: 5, batch: 8 },
  server: { warmupSteps: 60, steps: 5, batch: 8 },
  codec: 'int8',
  seed: 1,
  rounds: 4,
} satisfies PlanInput;

/** What an override may say: parts of a part too. */
export type PlanPatch = { [Part in keyof PlanInput]?: Partial<PlanInput[Part]> };

/** What an admin would send: four drawings a class to learn from, six to judge by. */
export function newToyProject(id: string, patch: PlanPatch = {}): NewProject {
  const plan: Record<string, unknown> = { ...PLAN };
  for (const [part, value] of Object.entries(patch)) {
    const before = plan[part];
    plan[part] = isRecord(before) && isRecord(value) ? { ...before, ...value } : value;
  }
  return {
    id,
    title: `Toy ${id}`,
    plan: plan as PlanInput,
    classes: BASE_SHAPES.map((shape) => ({
      name: shape,
      examples: drawings(shape, 4, 1).map(asPixels),
      validation: drawings(shape, 6, 2).map(asPixels),
    })),
  };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

/**
 * A plan whose server step changes nothing: the version that a round makes is what was
 * aggregated, to the last bit but rounding, and every candidate is built on.
 */
export const UNTOUCHED = {
  server: { warmupSteps: 1, steps: 1, rate: 0, tolerance: 1 },
  codec: 'float32',
} satisfies PlanPatch;

/** Creates a toy project and waits until its first version is live. */
export async function liveToyProject(
  edge: TestEdge,
  id: string,
  patch: PlanPatch = {},
): Promise<ProjectState> {
  await edge.admin.call('createProject', { json: newToyProject(id, patch) });
  const line = watch(edge, id);
  try {
    await line.state('the first version is live', ({ version }) => version === 1);
  } finally {
    line.close();
  }
  return getProject(edge.anyone, id);
}

export function getProject(api: Api, project: string): Promise<ProjectState> {
  return api.call('getProject', { params: { project } });
}

/** The version that a round made; promoted or not. */
export async function versionOf(api: Api, project: string, round: number): Promise<Version> {
  const versions = await api.call('listVersions', { params: { project } });
  const made = versions.find((version) => version.round === round);
  if (!made) throw new Error(`round ${round} of "${project}" made no version`);
  return made;
}

export async function weightsOf(api: Api, hash: string): Promise<Float32Array> {
  const response = await api.fetch('getWeights', { params: { hash } });
  return new Float32Array(await response.arrayBuffer());
}
