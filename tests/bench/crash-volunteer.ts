import { Api } from '../../client/net/api.ts';
import { connect, type ProjectSocket } from '../../client/net/socket.ts';
import { upload, type EncodedDelta } from '../../client/net/upload.ts';
import { Problem } from '../../shared/api/problem.ts';
import type { Receipt } from '../../shared/api/schemas/training.ts';
import { Random } from '../../shared/math/random.ts';
import { PROTOCOL_VERSION, type Assignment } from '../../shared/protocol/messages.ts';
import { encode } from '../../shared/weights/codec.ts';

/** A delta that the edge said it has: what it was answered to. */
export type Acknowledged = { volunteer: number; assignment: Assignment; receipt: Receipt };

/** What a volunteer makes of an assignment: the same again whenever it is asked, as an offline check needs it. */
export function messageFor(volunteer: number, { seed }: Assignment, size: number): EncodedDelta {
  const random = new Random(seed).fork(`volunteer ${volunteer}`);
  const scale = 1 / Math.sqrt(size);
  const delta = Float32Array.from({ length: size }, () => scale * random.normal());
  return encode('int8', delta, random) as EncodedDelta;
}

export function imagesOf(volunteer: number): number {
  return 10 + (volunteer % 7);
}

/** A volunteer that gives up on nothing: whatever dies, it sends its delta until it is answered. */
export class CrashVolunteer {
  readonly acknowledged: Acknowledged[] = [];
  /** Times that it was asked for a delta again, sent it again, and was given the receipt that it had. */
  repeated = 0;
  /** Refused, by the problem's number: rounds that closed, mostly. */
  readonly refused: number[] = [];
  readonly #index: number;
  readonly #size: number;
  readonly #origin: string;
  readonly #socket: ProjectSocket;
  readonly #project: string;
  readonly #sending = new Map<string, Promise<void>>();
  readonly #wake = new EventTarget();

  private constructor(
    index: number,
    size: number,
    project: string,
    origin: string,
    socket: ProjectSocket,
  ) {
    this.#index = index;
    this.#size = size;
    this.#project = project;
    this.#origin = origin;
    this.#socket = socket;
    socket.on('connect', () => {
      this.#wake.dispatchEvent(new Event('wake'));
      socket.emit('hello', { protocol: PROTOCOL_VERSION, backend: 'none', images: 1 }, () => {});
    });
    socket.on('assignment', (assignment) => this.#take(assignment));
  }

  static async join(origin: string, project: string, index: number, size: number) {
    const ticket = await new Api(origin).call('join', { params: { project } });
    return new CrashVolunteer(index, size, project, origin, connect(origin, project, ticket));
  }

  /** Resolves when everything that was begun has been answered. */
  async settled(): Promise<void> {
    while (this.#sending.size > 0) await Promise.all(this.#sending.values());
  }

  leave(): void {
    this.#socket.disconnect();
  }

  #take(assignment: Assignment): void {
    const { round, version, seed } = assignment;
    const key = `${round} ${version} ${seed}`;
    if (this.#sending.has(key)) return;
    const work = this.#send(assignment).finally(() => this.#sending.delete(key));
    this.#sending.set(key, work);
  }

  async #send(assignment: Assignment): Promise<void> {
    const { round, version } = assignment;
    try {
      const api = new Api(this.#origin, assignment.ticket);
      const receipt = await upload(api, {
        ...{ project: this.#project, round, version, images: imagesOf(this.#index) },
        delta: messageFor(this.#index, assignment, this.#size),
        ...{ until: Number.MAX_SAFE_INTEGER, wake: this.#wake },
      });
      if (this.#has(assignment, receipt)) this.repeated++;
      else this.acknowledged.push({ volunteer: this.#index, assignment, receipt });
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      this.refused.push(error.code);
    }
  }

  /** Whether the very same place was given for the very same work before: another place is another delta. */
  #has({ round, version, seed }: Assignment, { shard, position }: Receipt): boolean {
    return this.acknowledged.some(
      ({ assignment: a, receipt: r }) =>
        [a.round, a.version, a.seed].join() === [round, version, seed].join() &&
        [r.shard, r.position].join() === [shard, position].join(),
    );
  }
}
