import * as v from 'valibot';
import { Problem } from '../../shared/api/problem.ts';
import {
  DeclineSchema,
  HelloSchema,
  ProgressSchema,
  type Assignment,
  type ClientEvents,
  type Handshake,
  type ServerEvents,
  type TrainingState,
} from '../../shared/protocol/messages.ts';
import type { Server, Socket } from '../socket/server.ts';
import { readTicket } from './tickets.ts';

type Nothing = Record<string, never>;
type Io = Server<ClientEvents, ServerEvents, Nothing, unknown>;
type ProjectSocket = Socket<ClientEvents, ServerEvents, Nothing, unknown>;

/** The room of those who showed no ticket. A volunteer's room is its id, a UUID. */
const WATCHERS = 'watchers';

/** What the lines tell their owner. */
export type LineEvents = {
  arrived(volunteer: string): void;
  left(volunteer: string): void;
  declined(volunteer: string, round: number): void;
  state(): TrainingState;
};

/**
 * The lines to a project's volunteers and watchers, in socket.io's terms. A volunteer is a room, so
 * a tab that reconnects is the same volunteer; whoever shows no ticket only watches.
 */
export class Lines {
  readonly #io: Io;
  readonly #secret: string;
  readonly #project: string;
  readonly #events: LineEvents;

  constructor(io: unknown, secret: string, project: string, events: LineEvents) {
    this.#io = io as Io;
    this.#secret = secret;
    this.#project = project;
    this.#events = events;
    this.#io.on('connection', (socket) => void this.#welcome(socket));
  }

  announce(state: TrainingState): void {
    this.#io.emit('state', state);
  }

  assign(volunteer: string, assignment: Assignment): void {
    this.#io.to(volunteer).emit('assignment', assignment);
  }

  dismiss(volunteers: string[], round: number, reason: string): void {
    for (const volunteer of volunteers) this.#io.to(volunteer).emit('closed', { round, reason });
  }

  async #welcome(socket: ProjectSocket): Promise<void> {
    // Listeners first: a client may speak before its ticket has been read.
    const identified = this.#identify(socket);
    socket.on(
      'hello',
      (message, acknowledge) => void this.#hello(socket, identified, message, acknowledge),
    );
    socket.on('progress', (message) => void this.#progress(socket, identified, message));
    socket.on('decline', (message) => void this.#decline(socket, identified, message));
    socket.on('disconnect', () => void this.#leave(identified));
    if ((socket.handshake.auth as Handshake).ticket === undefined) await socket.join(WATCHERS);
    socket.emit('state', this.#events.state());
  }

  async #identify(socket: ProjectSocket): Promise<string | undefined> {
    const { ticket } = socket.handshake.auth as Handshake;
    if (ticket === undefined) return undefined;
    try {
      return await readTicket(this.#secret, this.#project, ticket);
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      socket.emit('problem', { code: error.code, detail: error.message });
      socket.disconnect(true);
      return undefined;
    }
  }

  async #hello(
    socket: ProjectSocket,
    identified: Promise<string | undefined>,
    message: unknown,
    acknowledge: unknown,
  ): Promise<void> {
    const volunteer = await identified;
    if (!volunteer || !this.#understood(socket, HelloSchema, message)) return;
    await socket.join(volunteer);
    this.#events.arrived(volunteer);
    if (typeof acknowledge === 'function') acknowledge(this.#events.state());
  }

  async #progress(
    socket: ProjectSocket,
    identified: Promise<string | undefined>,
    message: unknown,
  ): Promise<void> {
    const volunteer = await identified;
    if (!volunteer || !this.#understood(socket, ProgressSchema, message)) return;
    // To watchers only: a crowd that told all of itself everything would send n squared messages.
    this.#io
      .to(WATCHERS)
      .volatile.emit('progress', { ...v.parse(ProgressSchema, message), volunteer });
  }

  async #decline(
    socket: ProjectSocket,
    identified: Promise<string | undefined>,
    message: unknown,
  ): Promise<void> {
    const volunteer = await identified;
    if (!volunteer || !this.#understood(socket, DeclineSchema, message)) return;
    this.#events.declined(volunteer, v.parse(DeclineSchema, message).round);
  }

  async #leave(identified: Promise<string | undefined>): Promise<void> {
    const volunteer = await identified;
    if (!volunteer) return;
    // Another tab, or the same one reconnected before the old line was given up.
    const others = await this.#io.in(volunteer).fetchSockets();
    if (others.length === 0) this.#events.left(volunteer);
  }

  #understood(socket: ProjectSocket, schema: v.GenericSchema, message: unknown): boolean {
    const parsed = v.safeParse(schema, message);
    if (!parsed.success) socket.emit('problem', { code: 101, detail: v.summarize(parsed.issues) });
    return parsed.success;
  }
}
