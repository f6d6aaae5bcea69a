import * as v from 'valibot';
import { Problem } from '../../shared/api/problem.ts';
import { DELTA_TYPE } from '../../shared/api/media.ts';
import type { Receipt } from '../../shared/api/schemas/training.ts';
import type { Handlers } from '../handler.ts';
import { check, mediaType } from '../middleware/body.ts';
import { shardName } from '../rounds/shard.ts';
import type { Submitted } from '../rounds/upload.ts';

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
    const claim = check(ClaimSchema, { ...c.req.header(), round: c.req.param('round') });
    const type = mediaType(c);
    if (type !== DELTA_TYPE) throw new Problem(104, `"${type}" is not among ${DELTA_TYPE}`);
    const { volunteer, shard } = c.get('holder');
    const at = c.env.SHARD.getByName(shardName(c.req.param('project') as string, shard));
    using entered = await at.enter({
      ...{ volunteer, round: claim.round, version: claim['x-shoal-version'] },
      ...{ images: claim['x-shoal-images'], digest: claim['x-shoal-digest'] },
    });
    if (!('berth' in entered)) return receiptOf(entered);
    return receiptOf(await entered.berth.submit(c.req.raw.body));
  },
};

/** @throws the Problem that it was refused with. */
function receiptOf(answer: Submitted): Receipt {
  if ('receipt' in answer) return answer.receipt;
  const { code, detail, hints } = answer.problem;
  throw new Problem(code, detail, hints);
}
