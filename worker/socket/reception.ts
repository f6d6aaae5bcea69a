import type { EventMap, Handlers } from './contract.ts';
import type { LineMember } from './member.ts';

type Work = () => void | Promise<void>;
export type Acknowledge = (answer: unknown) => void;

/** A client that has so many messages waiting sends them faster than they can ever be answered. */
const MAX_WAITING = 64;

/**
 * Brings what happens on the lines before the owner's handlers: one line's in the order in which it
 * happened, one at a time. A line whose handler fails is closed, and no other line learns of it.
 */
export class Reception {
  readonly #handlers: Handlers<EventMap, EventMap, unknown>;
  /** Of the lines whose handlers are at work: how many wait, and until when. */
  readonly #busy = new Map<LineMember, { waiting: number; until: Promise<void> }>();

  constructor(handlers: Handlers<EventMap, EventMap, unknown>) {
    this.#handlers = handlers;
  }

  welcome(line: LineMember): Promise<void> {
    return this.#inTurn(line, () => this.#handlers.onConnect(line));
  }

  /** @param data the event's name and what it carries, as the client sent them. */
  async deliver(line: LineMember, data: unknown[], acknowledge: Acknowledge): Promise<void> {
    const [event, message] = data;
    const { onMessage } = this.#handlers;
    if (typeof event !== 'string' || !Object.hasOwn(onMessage, event)) return;
    const waiting = this.#busy.get(line)?.waiting ?? 0;
    if (waiting >= MAX_WAITING) return line.close();
    await this.#inTurn(line, () => {
      // Dismissed by the message before this one.
      if (line.here) return onMessage[event]!(line, message, once(acknowledge));
    });
  }

  /** The client has gone, for a reason in socket.io's words. Once for every line. */
  async dismiss(line: LineMember, reason: string): Promise<void> {
    if (!line.leave()) return;
    // Not at once: the owner may be in the middle of telling everybody what was true before this.
    await Promise.resolve();
    await this.#inTurn(line, () => this.#handlers.onLeave(line, reason));
  }

  async #inTurn(line: LineMember, work: Work): Promise<void> {
    const queue = this.#busy.get(line);
    const until = queue ? queue.until.then(() => attempt(line, work)) : attempt(line, work);
    if (!until) return;
    const turns = queue ?? { waiting: 0, until };
    Object.assign(turns, { waiting: turns.waiting + 1, until });
    this.#busy.set(line, turns);
    await until;
    turns.waiting--;
    if (turns.waiting === 0) this.#busy.delete(line);
  }
}

/** @returns undefined when the work is done already: most handlers do not wait for anything. */
function attempt(line: LineMember, work: Work): Promise<void> | undefined {
  const failed = (error: unknown) => {
    console.error('line', line.id, error);
    line.close();
  };
  try {
    return work()?.catch(failed);
  } catch (error) {
    failed(error);
    return undefined;
  }
}

function once(acknowledge: Acknowledge): Acknowledge {
  let done = false;
  return (answer) => {
    if (!done) acknowledge(answer);
    done = true;
  };
}
