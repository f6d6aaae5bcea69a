import { PROTOCOL_VERSION } from '../../shared/protocol/messages.ts';
import type { Handlers } from '../app.ts';

export const health: Handlers<'health'> = {
  health: async () => ({ status: 'ok', protocol: PROTOCOL_VERSION }),
};
