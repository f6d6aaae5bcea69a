import { io, type Socket } from 'socket.io-client';
import type { ClientEvents, Handshake, ServerEvents } from '../../shared/protocol/messages.ts';

export type ProjectSocket = Socket<ServerEvents, ClientEvents>;

/**
 * The line to a project's coordinator: control messages only. Reconnects by itself; whoever
 * listens says `hello` again on every `connect`. Without a ticket it only watches.
 */
export function connect(origin: string, project: string, ticket?: string): ProjectSocket {
  const auth: Handshake = ticket === undefined ? {} : { ticket };
  return io(origin, {
    path: `/v1/projects/${encodeURIComponent(project)}/socket/`,
    auth,
    // One engine a call: a page may watch one project and contribute to another.
    forceNew: true,
    reconnectionDelay: 500,
    reconnectionDelayMax: 10_000,
  });
}
