import { ROUTES } from '../../shared/api/routes.ts';
import { JoinSchema } from '../../shared/api/schemas/challenge.ts';
import { shardsOf } from '../../shared/rounds/shards.ts';
import { addressOf } from '../access/address.ts';
import { challengeOf, checkAnswer, demandAnswer } from '../access/challenge.ts';
import type { Handlers } from '../handler.ts';
import { limitAddress } from '../middleware/access.ts';
import { readOptionalJson } from '../middleware/body.ts';
import { getProject, openDb } from '../registry/projects.ts';
import { issueTicket } from '../rounds/tickets.ts';

export const volunteers: Handlers<'getChallenge' | 'join'> = {
  async getChallenge(c) {
    const { id } = await getProject(openDb(c.env.DB), c.req.param('project') as string);
    return challengeOf(c.env, id);
  },

  async join(c) {
    const answer = await readOptionalJson(c, JoinSchema, ROUTES.join.body.limit);
    const { id, plan } = await getProject(openDb(c.env.DB), c.req.param('project') as string);
    demandAnswer(c.env, answer);
    await limitAddress(c, 'join');
    const host = new URL(c.req.url).hostname;
    const address = addressOf(c.env, c.req.raw.headers);
    await checkAnswer(c.env, answer, { project: id, host, address });
    return issueTicket(c.env.TICKET_SECRET, id, shardsOf(plan));
  },
};
