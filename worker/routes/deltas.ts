import * as v from 'valibot';
import { Problem } from '../../shared/api/problem.ts';
import { DELTA_TYPE } from '../../shared/api/routes.ts';
import { messageBytes } from '../../shared/weights/codec.ts';
import type { Handlers } from '../handler.ts';
import { check, readBytes } from '../middleware/body.ts';
import { getProject, openDb, recipeFor } from '../registry/projects.ts';

const whole = (least: number) =>
  v.pipe(v.string(), v.regex(/^\d{1,9}$/), v.toNumber(), v.minValue(least));
const ClaimSchema = v.object({
  round: whole(0),
  'x-shoal-version': whole(0),
  'x-shoal-images': whole(1),
  'x-shoal-digest': v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/, 'SHA-256 in lower-case hex')),
});

export const deltas: Handlers<'sendDelta'> = {
  async sendDelta(c) {
    const project = await getProject(openDb(c.env.DB), c.req.param('project') as string);
    const claim = check(ClaimSchema, { ...c.req.header(), round: c.req.param('round') });
    const { plan, model } = recipeFor(project);
    const message = await readMessage(c, messageBytes(plan.codec, model.layout.size));
    const answer = await c.env.COORDINATOR.getByName(project.id).submit({
      volunteer: c.get('volunteer'),
      round: claim.round,
      version: claim['x-shoal-version'],
      images: claim['x-shoal-images'],
      digest: claim['x-shoal-digest'],
      message,
    });
    if ('problem' in answer) throw new Problem(answer.problem.code, answer.problem.detail);
    return answer.receipt;
  },
};

/** The body, refused as oversized as soon as it is longer than a delta of this project can be. */
async function readMessage(c: Parameters<typeof readBytes>[0], exact: number): Promise<Uint8Array> {
  try {
    return await readBytes(c, exact, [DELTA_TYPE]);
  } catch (error) {
    if (!(error instanceof Problem) || error.code !== 102) throw error;
    throw new Problem(403, `a delta of this project has ${exact} bytes`);
  }
}
