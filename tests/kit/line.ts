import { connect, type Caller, type ProjectSocket } from '../../client/net/socket.ts';
import type { ServerEvents, TrainingState } from '../../shared/protocol/messages.ts';

type Name = keyof ServerEvents;
type Value<E extends Name> = Parameters<ServerEvents[E]>[0];
type Heard = { [E in Name]: Value<E>[] };

/** Below a test's own time limit, so that it is this that says what was missing. */
const PATIENCE_MS = 50_000;

/**
 * A socket that keeps what it hears, so that a test may ask for a message after it came: nothing
 * depends on who is faster. Of each kind, messages are heard in order, each at most once.
 */
export class Line {
  readonly socket: ProjectSocket;
  readonly heard: Heard = {
    state: [],
    assignment: [],
    closed: [],
    wait: [],
    progress: [],
    problem: [],
  };
  /** Why the line was lost, each time that it was: an edge that is well cuts nobody off. */
  readonly cuts: string[] = [];
  readonly #next = { state: 0, assignment: 0, closed: 0, wait: 0, progress: 0, problem: 0 };
  readonly #listeners = new Set<() => void>();

  constructor(origin: string, project: string, caller: Caller = {}) {
    this.socket = connect(origin, project, caller);
    this.socket.on('disconnect', (reason) => this.cuts.push(reason));
    for (const event of Object.keys(this.heard) as Name[])
      this.socket.on(event, ((value: never) => {
        (this.heard[event] as unknown[]).push(value);
        for (const listener of this.#listeners) listener();
      }) as never);
  }

  /**
   * The first message of its kind that fits, behind the last one asked for.
   * @throws when it does not come, naming what was waited for and the last that was heard.
   */
  hear<E extends Name>(
    event: E,
    what: string,
    fits: (value: Value<E>) => boolean = () => true,
  ): Promise<Value<E>> {
    return new Promise((resolve, reject) => {
      const look = () => {
        const heard = this.heard[event] as Value<E>[];
        while (this.#next[event] < heard.length) {
          const value = heard[this.#next[event]++]!;
          if (fits(value)) return end(() => resolve(value));
        }
      };
      const end = (settle: () => void) => {
        clearTimeout(timer);
        this.#listeners.delete(look);
        settle();
      };
      const timer = setTimeout(() => {
        const last = JSON.stringify(this.heard[event].at(-1));
        const cut = this.cuts.length === 0 ? '' : `; the line was cut: ${this.cuts.join(', ')}`;
        const told = `waited in vain: ${what}; the last ${event} was ${last}${cut}`;
        end(() => reject(new Error(told)));
      }, PATIENCE_MS);
      this.#listeners.add(look);
      look();
    });
  }

  state(what: string, fits: (state: TrainingState) => boolean): Promise<TrainingState> {
    return this.hear('state', what, fits);
  }

  close(): void {
    this.socket.disconnect();
  }
}

/** A line of somebody who only watches, unless a ticket is shown. */
export function watch(edge: { origin: string }, project: string, caller: Caller = {}): Line {
  return new Line(edge.origin, project, caller);
}
