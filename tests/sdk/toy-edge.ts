import { once } from 'node:events';
import {
  createServer,
  type IncomingMessage,
  type Server as Http,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { Server, type ServerOptions, type Socket } from 'socket.io';
import * as v from 'valibot';
import { onTestFinished } from 'vitest';
import { PlanSchema, type PlanInput } from '../../shared/api/plan.ts';
import { recipeOf, type Recipe } from '../../shared/api/recipe.ts';
import type { ProblemCode } from '../../shared/api/problem.ts';
import type { Ticket } from '../../shared/api/schemas/training.ts';
import { Random } from '../../shared/math/random.ts';
import { initialise } from '../../shared/nn/params.ts';
import type {
  Assignment,
  ClientEvents,
  ServerEvents,
  TrainingState,
} from '../../shared/protocol/messages.ts';
import { sha256Hex } from '../../shared/weights/digest.ts';
import { json, problem, type Answer } from '../net/loopback.ts';
import { CLASSES, SMALL } from '../train/stripes.ts';

type Line = Socket<ClientEvents, ServerEvents>;

/** A delta as it came. */
export type Arrived = { round: number; version: number; ticket: string; bytes: Buffer };

export const PROJECT = 'toy';
const HOUR = 3_600_000;
const PLAN: PlanInput = {
  input: { size: SMALL.size, channels: 1 },
  objective: { id: 'simclr' },
  local: { steps: 6, batch: 4, rate: 0.1 },
};

/**
 * An edge by hand: what it says, and when, is the test's to decide. It counts deltas as the real one
 * does, by (round, volunteer, digest), and can be cut off, killed, and started again on its port.
 */
export class ToyEdge {
  readonly recipe: Recipe;
  readonly weights: Float32Array;
  /** The tickets given out, and the hellos said, in order. */
  readonly joined: Ticket[] = [];
  readonly hellos: string[] = [];
  readonly deltas: Arrived[] = [];
  readonly declined: number[] = [];
  /** What a delta is answered with, in place of its receipt. */
  onDelta: Answer | undefined;
  /** What every volunteer hears when it has said hello. */
  onHello: (line: Line) => void = () => undefined;
  /** Problem that a ticket is refused with. */
  refuses: (ticket: string) => ProblemCode | undefined = () => undefined;
  hasProject = true;
  /** Deltas have a way of their own. */
  takesLines = true;
  ticketLasts = HOUR;
  #lines = new Set<Line>();
  #http: Http | undefined;
  #io: Server<ClientEvents, ServerEvents> | undefined;
  #port = 0;
  #listeners = new Set<() => void>();

  private constructor(plan: PlanInput) {
    this.recipe = recipeOf(v.parse(PlanSchema, { ...PLAN, ...plan }), CLASSES);
    this.weights = initialise(this.recipe.model.layout, new Random(1));
  }

  /** Runs until the end of the test. */
  static async start(plan: PlanInput = {}): Promise<ToyEdge> {
    const edge = new ToyEdge(plan);
    await edge.open();
    onTestFinished(() => edge.kill());
    return edge;
  }

  get origin(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** Opens the door, at the same port as before. */
  async open(): Promise<void> {
    const http = createServer((request, response) => void this.#serve(request, response));
    const path = `/v1/projects/${PROJECT}/socket/`;
    const allowRequest: ServerOptions['allowRequest'] = (_, take) =>
      take(null, this.hasProject && this.takesLines);
    this.#io = new Server(http, { path, allowRequest });
    this.#io.on('connection', (line) => this.#welcome(line));
    this.#http = http;
    http.listen(this.#port, '127.0.0.1');
    await once(http, 'listening');
    this.#port = (http.address() as AddressInfo).port;
  }

  /** Every line breaks without a word, and nobody listens any more. */
  async kill(): Promise<void> {
    this.cut();
    this.#http?.closeAllConnections();
    await this.#io?.close();
  }

  /** Every line breaks without a word. */
  cut(): void {
    for (const line of this.#lines) line.conn.close();
  }

  assignment(round: number, more: Partial<Assignment> = {}): Assignment {
    const deadline = Date.now() + 60_000;
    const asked = { round, version: 1, weights: 'f'.repeat(64), rate: 1, deadline, seed: round };
    return { ...asked, ticket: 'of whoever is asked', ...more };
  }

  /** To whoever is there. */
  say<E extends keyof ServerEvents>(event: E, ...message: Parameters<ServerEvents[E]>): void {
    for (const line of this.#lines) line.emit(event, ...message);
  }

  /** Deltas that count, each once. */
  async counted(): Promise<string[]> {
    const keys = this.deltas.map(
      async ({ round, ticket, bytes }) => `${round} ${ticket} ${await sha256Hex(bytes)}`,
    );
    return [...new Set(await Promise.all(keys))];
  }

  /** Resolves once it is so; looked at whenever something has come. */
  until(isSo: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const look = () => {
        if (!isSo()) return;
        this.#listeners.delete(look);
        resolve();
      };
      this.#listeners.add(look);
      look();
    });
  }

  #came(): void {
    for (const look of this.#listeners) look();
  }

  #welcome(line: Line): void {
    const { ticket } = line.handshake.auth as { ticket: string };
    const code = this.refuses(ticket);
    if (code !== undefined) {
      line.emit('problem', { code, detail: 'by hand' });
      return void line.disconnect(true);
    }
    this.#lines.add(line);
    giveTickets(line, ticket);
    line.on('disconnect', () => {
      this.#lines.delete(line);
      this.#came();
    });
    line.on('decline', ({ round }) => {
      this.declined.push(round);
      this.#came();
    });
    line.on('hello', (_, acknowledge) => {
      this.hellos.push(ticket);
      acknowledge({ phase: 'training' } as TrainingState);
      this.onHello(line);
      this.#came();
    });
  }

  get lines(): number {
    return this.#lines.size;
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const path = request.url ?? '';
    const answer = this.#answer(request, path, Buffer.concat(chunks));
    answer(response, this.deltas.length - 1);
    this.#came();
  }

  #answer({ method, headers }: IncomingMessage, path: string, bytes: Buffer): Answer {
    if (path.startsWith('/v1/weights/'))
      return (response) => response.end(Buffer.from(this.weights.slice().buffer));
    if (!this.hasProject) return problem(301, 'there is no project "toy"');
    if (path === `/v1/projects/${PROJECT}`)
      return json({ project: { plan: this.recipe.plan, classes: ['a', 'b', 'c'] } });
    if (path.endsWith('/volunteers')) return json(this.#join(), 201);
    if (method !== 'POST') return problem(103, path);
    const round = Number(path.split('/')[5]);
    const ticket = (headers.authorization ?? '').replace('Bearer ', '');
    this.deltas.push({ round, version: Number(headers['x-shoal-version']), ticket, bytes });
    const receipt = { round, digest: headers['x-shoal-digest'], bytes: bytes.length };
    return this.onDelta ?? json({ ...receipt, repeated: false, shard: 0, position: 1 });
  }

  #join(): Ticket {
    const name = `volunteer-${this.joined.length + 1}`;
    const expiresAt = Date.now() + this.ticketLasts;
    const ticket: Ticket = { volunteer: name, ticket: `of ${name}`, expiresAt, shard: 0 };
    this.joined.push(ticket);
    return ticket;
  }
}

/** Each assignment comes with a ticket for its delta; here all of a volunteer's are its own. */
function giveTickets(line: Line, ticket: string): void {
  const emit = line.emit.bind(line) as (event: string, ...message: unknown[]) => boolean;
  line.emit = ((event: string, message: object, ...more: unknown[]) =>
    event === 'assignment'
      ? emit(event, { ...message, ticket })
      : emit(event, message, ...more)) as Line['emit'];
}
