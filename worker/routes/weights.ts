import { Problem } from '../../shared/api/problem.ts';
import type { Handlers } from '../handler.ts';

export const weights: Handlers<'getWeights'> = {
  async getWeights(c) {
    const hash = c.req.param('hash') as string;
    const object = /^[0-9a-f]{64}$/.test(hash) ? await c.env.BLOBS.get(`weights/${hash}`) : null;
    if (!object) throw new Problem(703, `no weights are stored under "${hash}"`);
    // Named by their content: whoever has them may keep them for ever.
    const headers = {
      'content-type': 'application/octet-stream',
      'content-length': String(object.size),
      'cache-control': 'public, max-age=31536000, immutable',
      etag: object.httpEtag,
    };
    return new Response(object.body, { headers });
  },
};
