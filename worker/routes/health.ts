import { PROTOCOL_VERSION } from '../../shared/protocol/messages.ts';
import type { Handlers } from '../handler.ts';

export const health: Handlers<'health'> = {
  health: async () => ({ status: 'ok', protocol: PROTOCOL_VERSION }),
};
