import type { Handlers } from '../handler.ts';
import { weightsResponse } from './published.ts';

export const weights: Handlers<'getWeights'> = {
  async getWeights(c) {
    return weightsResponse(c.env.BLOBS, c.req.param('hash') as string);
  },
};
