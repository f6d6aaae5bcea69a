import type { Handlers } from '../handler.ts';
import { getProject, openDb } from '../registry/projects.ts';
import { shardsOf } from '../../shared/rounds/shards.ts';
import { issueTicket } from '../rounds/tickets.ts';

export const volunteers: Handlers<'join'> = {
  async join(c) {
    const { id, plan } = await getProject(openDb(c.env.DB), c.req.param('project') as string);
    return issueTicket(c.env.TICKET_SECRET, id, shardsOf(plan));
  },
};
