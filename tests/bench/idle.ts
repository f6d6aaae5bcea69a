import { Api } from '../../client/net/api.ts';
import type { Receipt } from '../../shared/api/schemas/training.ts';
import { connect, type ProjectSocket } from '../../client/net/socket.ts';
import { upload, type EncodedDelta } from '../../client/net/upload.ts';
import {
  PROTOCOL_VERSION,
  type Assignment,
  type TrainingState,
} from '../../shared/protocol/messages.ts';

const IMAGES = 100;

/** A volunteer that does everything but learn: its delta was encoded beforehand. */
export class IdleVolunteer {
  readonly #origin: string;
  readonly #project: string;
  readonly #socket: ProjectSocket;
  #assigned: (assignment: Assignment) => void = () => undefined;

  private constructor(origin: string, project: string, socket: ProjectSocket) {
    this.#origin = origin;
    this.#project = project;
    this.#socket = socket;
    socket.on('assignment', (assignment) => this.#assigned(assignment));
  }

  /**
   * Joins, connects and says hello; resolves when the edge counts it as present.
   * @param early called before: an open round may ask at once
   */
  static async arrive(
    origin: string,
    project: string,
    early?: (volunteer: IdleVolunteer) => void,
  ): Promise<IdleVolunteer> {
    const ticket = await new Api(origin).call('join', { params: { project } });
    const socket = connect(origin, project, ticket);
    const volunteer = new IdleVolunteer(origin, project, socket);
    early?.(volunteer);
    await new Promise<void>((present, reject) => {
      socket.on('problem', ({ detail }) => reject(new Error(`crowd: ${detail}`)));
      socket.on('connect', () =>
        socket.emit('hello', { protocol: PROTOCOL_VERSION, backend: 'none', images: IMAGES }, () =>
          present(),
        ),
      );
    });
    return volunteer;
  }

  /** The next assignment; to be asked for before the round is opened. */
  assignment(): Promise<Assignment> {
    return new Promise((resolve) => (this.#assigned = resolve));
  }

  /** @returns how many bytes the weights were. */
  async download({ weights }: Assignment): Promise<number> {
    const response = await new Api(this.#origin).fetch('getWeights', { params: { hash: weights } });
    return (await response.arrayBuffer()).byteLength;
  }

  upload({ round, version, ticket }: Assignment, delta: EncodedDelta): Promise<Receipt> {
    const api = new Api(this.#origin, ticket);
    return upload(api, { project: this.#project, round, version, images: IMAGES, delta });
  }

  leave(): void {
    this.#socket.disconnect();
  }
}

/** So many volunteers, a few at a time: how they come is not what is measured. */
export async function arriveAll(
  origin: string,
  project: string,
  count: number,
): Promise<IdleVolunteer[]> {
  const crowd: IdleVolunteer[] = [];
  const line = async () => {
    while (started++ < count) crowd.push(await IdleVolunteer.arrive(origin, project));
  };
  let started = 0;
  await Promise.all(Array.from({ length: 8 }, line));
  return crowd;
}

/** Watches a project as a page does, and knows when it came to a state. */
export class Watcher {
  readonly #socket: ProjectSocket;
  readonly #waiting = new Set<(state: TrainingState) => void>();

  constructor(origin: string, project: string) {
    this.#socket = connect(origin, project);
    this.#socket.on('state', (state) => this.#waiting.forEach((look) => look(state)));
  }

  /** Resolves to when the next state that fits was heard, by `performance.now()`. */
  until(fits: (state: TrainingState) => boolean): Promise<number> {
    return new Promise((resolve) => {
      const look = (state: TrainingState) => {
        if (!fits(state)) return;
        this.#waiting.delete(look);
        resolve(performance.now());
      };
      this.#waiting.add(look);
    });
  }

  close(): void {
    this.#socket.disconnect();
  }
}
