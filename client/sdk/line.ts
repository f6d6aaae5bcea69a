import { Problem, type ProblemCode } from '../../shared/api/problem.ts';
import {
  PROTOCOL_VERSION,
  type Assignment,
  type Decline,
  type Hello,
  type Progress,
} from '../../shared/protocol/messages.ts';
import { Api } from '../net/api.ts';
import { backoff, pause } from '../net/persist.ts';
import { problemOf } from '../net/problems.ts';
import { connect, type ProjectSocket } from '../net/socket.ts';
import type { ContributionEvent } from './events.ts';
import type { Member } from './member.ts';

export type LineOptions = {
  origin: string;
  project: string;
  member: Member;
  hello: Omit<Hello, 'protocol'>;
  signal: AbortSignal;
  onEvent: (event: ContributionEvent) => void;
  onAssignment: (assignment: Assignment) => void;
  onClosed: (round: number, reason: string) => void;
};

/** Why a stretch on the line ended. A line that merely breaks comes back within its stretch. */
type Left =
  | { kind: 'stopped' }
  | { kind: 'wait'; seconds: number }
  | { kind: 'refused'; problem: Problem }
  | { kind: 'hung up' };

/** A volunteer's line to the edge, for as long as it contributes: kept, left when asked to, taken up again. */
export class Line {
  readonly #o: LineOptions;
  #socket: ProjectSocket | undefined;
  #leave: (left: Left) => void = () => undefined;

  constructor(options: LineOptions) {
    this.#o = options;
  }

  /** May be lost: for the pages of others to draw. */
  progress(message: Progress): void {
    this.#socket?.volatile.emit('progress', message);
  }

  decline(message: Decline): void {
    this.#socket?.emit('decline', message);
  }

  /** Another answer than the line's own says that the ticket is no good any more. */
  refused(problem: Problem): void {
    this.#leave({ kind: 'refused', problem });
  }

  /**
   * Settles when the signal is aborted.
   * @throws Problem when the edge refuses this volunteer for good, 301 when the project is gone.
   */
  async stay(): Promise<void> {
    const { signal, member } = this.#o;
    try {
      for (let hangUps = 0; ;) {
        const left = await this.#stretch();
        if (left.kind === 'stopped') return;
        if (left.kind === 'refused') await member.renew(left.problem);
        if (left.kind === 'wait') await this.#wait(left.seconds);
        if (left.kind === 'hung up') await pause(backoff(++hangUps), { signal });
        else hangUps = 0;
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }

  async #wait(seconds: number): Promise<void> {
    const { signal, onEvent } = this.#o;
    onEvent({ kind: 'waiting', until: Date.now() + seconds * 1000 });
    await pause(seconds * 1000, { signal });
  }

  async #stretch(): Promise<Left> {
    const { origin, project, member, signal } = this.#o;
    if (signal.aborted) return { kind: 'stopped' };
    const socket = connect(origin, project, member.ticket);
    this.#socket = socket;
    const stop = () => this.#leave({ kind: 'stopped' });
    try {
      return await new Promise<Left>((resolve) => {
        this.#leave = resolve;
        signal.addEventListener('abort', stop, { once: true });
        this.#listen(socket);
      });
    } finally {
      signal.removeEventListener('abort', stop);
      socket.off();
      socket.disconnect();
    }
  }

  #listen(socket: ProjectSocket): void {
    const { member, onEvent, onAssignment, onClosed } = this.#o;
    socket.on('connect', () => {
      onEvent({ kind: 'connected' });
      socket.emit('hello', { protocol: PROTOCOL_VERSION, ...this.#o.hello }, (state) => {
        member.taken();
        onEvent({ kind: 'state', state });
      });
    });
    socket.on('disconnect', (reason) => {
      onEvent({ kind: 'disconnected', reason });
      // socket.io comes back by itself, unless the other side meant it.
      if (reason === 'io server disconnect') this.#leave({ kind: 'hung up' });
    });
    socket.on('connect_error', () => void this.#check());
    socket.on('state', (state) => onEvent({ kind: 'state', state }));
    socket.on('assignment', onAssignment);
    socket.on('closed', ({ round, reason }) => onClosed(round, reason));
    socket.on('wait', ({ retryAfter }) => this.#leave({ kind: 'wait', seconds: retryAfter }));
    socket.on('problem', ({ code, detail }) =>
      this.#leave({ kind: 'refused', problem: problemOf(code as ProblemCode, detail) }),
    );
  }

  /** A line that does not come about does not say why: is the project gone, or only the edge not there? */
  async #check(): Promise<void> {
    const { origin, project, signal } = this.#o;
    const leave = this.#leave;
    try {
      await new Api(origin).call('getProject', { params: { project }, signal });
    } catch (error) {
      if (error instanceof Problem && error.code === 301)
        leave({ kind: 'refused', problem: error });
    }
  }
}
