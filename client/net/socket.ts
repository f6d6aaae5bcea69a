import { io, type Socket } from 'socket.io-client';
import type { ClientEvents, Handshake, ServerEvents } from '../../shared/protocol/messages.ts';

export type ProjectSocket = Socket<ServerEvents, ClientEvents>;

/** Who is calling: a volunteer with its ticket and shard, or somebody who watches. */
export type Caller = { ticket?: string; shard?: number };

/**
 * The line to one of a project's shards: control messages only. Reconnects by itself; whoever
 * listens says `hello` again on every `connect`. Without a ticket it only watches.
 */
export function connect(
  origin: string,
  project: string,
  { ticket, shard = 0 }: Caller = {},
): ProjectSocket {
  const auth: Handshake = ticket === undefined ? {} : { ticket };
  return io(origin, {
    path: `/v1/projects/${encodeURIComponent(project)}/socket/`,
    auth,
    query: { shard: String(shard) },
    // An edge whose clients poll first cannot sleep: only who has no WebSocket polls.
    transports: ['websocket', 'polling'],
    tryAllTransports: true,
    // One engine a call: a page may watch one project and contribute to another.
    forceNew: true,
    // Of no use to messages this short, and 230 KB of an edge's memory for a line (Node only: browsers
    // offer it whatever they are told).
    perMessageDeflate: false as unknown as { threshold: number },
    reconnectionDelay: 500,
    reconnectionDelayMax: 10_000,
  });
}
