/** A volunteer whose deltas are made by hand, over the client's own network code. */
import { Api } from '../../client/net/api.ts';
import { upload, type EncodedDelta } from '../../client/net/upload.ts';
import { recipeOf, type Recipe } from '../../shared/api/recipe.ts';
import type { ProblemBody } from '../../shared/api/problem.ts';
import { DELTA_TYPE } from '../../shared/api/media.ts';
import type { Receipt, Ticket } from '../../shared/api/schemas/training.ts';
import { Random } from '../../shared/math/random.ts';
import { PROTOCOL_VERSION, type Assignment } from '../../shared/protocol/messages.ts';
import { encode, open } from '../../shared/weights/codec.ts';
import { sha256Hex } from '../../shared/weights/digest.ts';
import { Line } from './line.ts';
import { getProject } from './project.ts';

type Home = { origin: string };

/** What a raw upload says of itself; left out, it is what the assignment and the bytes say. */
export type Claim = {
  project?: string;
  round?: number;
  version?: number;
  images?: number;
  digest?: string;
  ticket?: string;
};

export class ToyVolunteer {
  readonly project: string;
  readonly recipe: Recipe;
  readonly ticket: Ticket;
  #home: Home;
  #line: Line | undefined;
  /** By round, also from lines that were left. */
  readonly #tickets = new Map<number, string>();

  private constructor(home: Home, project: string, recipe: Recipe, ticket: Ticket) {
    this.#home = home;
    this.project = project;
    this.recipe = recipe;
    this.ticket = ticket;
  }

  /** Gets a ticket over HTTP; no socket is opened yet. */
  static async join(home: Home, project: string): Promise<ToyVolunteer> {
    const api = new Api(home.origin);
    const { plan, classes } = (await getProject(api, project)).project;
    const ticket = await api.call('join', { params: { project } });
    return new ToyVolunteer(home, project, recipeOf(plan, classes.length), ticket);
  }

  get line(): Line {
    if (!this.#line) throw new Error('the volunteer has not arrived');
    return this.#line;
  }

  /** Numbers in a delta. */
  get size(): number {
    return this.recipe.model.sent.layout.size;
  }

  /** The edge may be at another address than before. */
  moveTo(home: Home): void {
    this.leave();
    this.#home = home;
  }

  /** Connects with the ticket and says hello. */
  async arrive(home: Home = this.#home): Promise<this> {
    this.moveTo(home);
    const line = new Line(home.origin, this.project, this.ticket);
    this.#line = line;
    await line.socket.emitWithAck('hello', {
      protocol: PROTOCOL_VERSION,
      backend: 'by hand',
      images: 10,
    });
    return this;
  }

  leave(): void {
    for (const { round, ticket } of this.#line?.heard.assignment ?? [])
      this.#tickets.set(round, ticket);
    this.#line?.close();
    this.#line = undefined;
  }

  assignment(round: number): Promise<Assignment> {
    return this.line.hear(
      'assignment',
      `round ${round} for ${this.ticket.volunteer}`,
      (a) => a.round === round,
    );
  }

  /** What its own assignment brought, whosever the test goes by; who was not asked has its line's. */
  ticketFor(round: number): string {
    const own = this.#line?.heard.assignment.findLast((one) => one.round === round);
    return own?.ticket ?? this.#tickets.get(round) ?? this.ticket.ticket;
  }

  decline(round: number): void {
    this.line.socket.emit('decline', { round, reason: 'sure of nothing' });
  }

  encode(values: Float32Array): EncodedDelta {
    return encode(this.recipe.plan.codec, values, new Random(9)) as EncodedDelta;
  }

  /** What the edge will read out of these values. */
  decoded(values: Float32Array): Float32Array {
    return open(this.encode(values), { count: this.size }).decode();
  }

  /** Uploads as a tab does. @throws Problem when refused. */
  send({ round, version }: Assignment, values: Float32Array, images = 10): Promise<Receipt> {
    const api = new Api(this.#home.origin, this.ticketFor(round));
    const delta = this.encode(values);
    return upload(api, { project: this.project, round, version, images, delta });
  }

  /** Uploads any bytes with any claim. */
  async post(
    assignment: Assignment,
    bytes: Uint8Array,
    claim: Claim = {},
  ): Promise<{ status: number; body: Receipt & ProblemBody }> {
    const { project = this.project, ticket = this.ticketFor(assignment.round) } = claim;
    const { round = assignment.round, version = assignment.version, images = 10 } = claim;
    const response = await fetch(
      `${this.#home.origin}/v1/projects/${project}/rounds/${round}/deltas`,
      {
        method: 'POST',
        headers: {
          authorization: `Bearer ${ticket}`,
          'content-type': DELTA_TYPE,
          'x-shoal-digest': claim.digest ?? (await sha256Hex(bytes)),
          'x-shoal-images': String(images),
          'x-shoal-version': String(version),
        },
        body: bytes as Uint8Array<ArrayBuffer>,
      },
    );
    return { status: response.status, body: (await response.json()) as Receipt & ProblemBody };
  }
}

/** So many volunteers of a project, connected. */
export async function arrivedVolunteers(
  home: Home,
  project: string,
  count: number,
): Promise<ToyVolunteer[]> {
  const volunteers: ToyVolunteer[] = [];
  // One after another, so that the first to arrive is the first of the list.
  for (let i = 0; i < count; i++)
    volunteers.push(await (await ToyVolunteer.join(home, project)).arrive());
  return volunteers;
}

/** A delta of normal numbers with this L2 norm. */
export function noise(size: number, norm: number, seed: number): Float32Array {
  const random = new Random(seed);
  const values = Float32Array.from({ length: size }, () => random.normal());
  const factor = norm / Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));
  return values.map((value) => value * factor);
}

/** base + sum(images * delta) / sum(images), slowly: what a round must come to, exactly once each. */
export function aggregateOf(
  base: Float32Array,
  deltas: readonly { values: Float32Array; images: number }[],
): Float32Array {
  const total = deltas.reduce((sum, { images }) => sum + images, 0);
  return base.map((weight, i) => {
    const sum = deltas.reduce((s, { values, images }) => s + images * values[i]!, 0);
    return weight + sum / total;
  });
}

/** The largest difference of two vectors. */
export function farthest(a: Float32Array, b: Float32Array): number {
  if (a.length !== b.length) return Number.POSITIVE_INFINITY;
  return a.reduce((worst, value, i) => Math.max(worst, Math.abs(value - b[i]!)), 0);
}
