/**
 * The door for those behind a proxy that lets no WebSocket through: the real engine.io, by polling.
 *
 * Its timers keep the object awake as long as somebody polls. It is loaded when the first one comes.
 */
import type { Settings } from './contract.ts';
import { LineMember, type Notes, type Outgoing } from './member.ts';
import type { Acknowledge, Reception } from './reception.ts';
import type { Roster } from './roster.ts';
import { createSocketServer, type Socket } from './server.ts';
import { TOO_FAR } from './wire.ts';

class PolledLine extends LineMember {
  readonly #socket: Socket;
  /** Characters since the client last fetched everything. */
  #unheard = 0;

  constructor(roster: Roster<LineMember>, socket: Socket) {
    super(roster, { id: socket.id, auth: socket.handshake.auth, rooms: [], data: undefined });
    this.#socket = socket;
    socket.conn.on('drain', () => (this.#unheard = 0));
  }

  override send({ event, value, volatile, text }: Outgoing): void {
    if (!this.here) return;
    if (volatile) return void this.#socket.volatile.emit(event, value);
    this.#unheard += text.length;
    this.#socket.emit(event, value);
    // engine.io keeps for a client whatever it does not fetch.
    if (this.#unheard > TOO_FAR) this.#socket.conn.close(true);
  }

  override close(): void {
    this.#socket.disconnect(true);
  }

  /** It never sleeps. */
  protected override keep(_notes: Notes): void {}
}

/** @returns what answers the requests of those who poll, and their upgrades. */
export function openPolling(
  settings: Settings,
  roster: Roster<LineMember>,
  reception: Reception,
): (request: Request) => Promise<Response> {
  const server = createSocketServer(settings);
  server.io.on('connection', (socket) => {
    const line = new PolledLine(roster, socket);
    socket.onAny((...data: unknown[]) => {
      const answer = typeof data.at(-1) === 'function' ? (data.pop() as Acknowledge) : ignore;
      void reception.deliver(line, data, answer);
    });
    socket.on('disconnect', (reason) => void reception.dismiss(line, reason));
    void reception.welcome(line);
  });
  return (request) => server.fetch(request);
}

function ignore(): void {}
