import type { Notes } from './member.ts';
import { PING } from './packets.ts';

/** What is stored with a WebSocket while the object sleeps; null once it has been given up. */
export type Kept = { opened: number; notes?: Notes } | null;

/**
 * Characters sent without a sign of the client from when on it lags: what it need not hear it is not
 * told, and it is asked whether it is there. A WebSocket in workerd has no `bufferedAmount`; what a
 * client does not read is kept for it in memory.
 */
export const LAGS = 16 * 1024;
/**
 * And from when on it is cut off: the largest message that is answered, and a thousand such lines would
 * fill an isolate's 128 MB by half. Who only sleeps is found by the pings long before.
 */
export const TOO_FAR = 4 * LAGS;

/**
 * One WebSocket which the platform keeps while the object sleeps.
 *
 * All that is known of it is kept with it, save what only counts within one busy stretch.
 */
export class Wire {
  readonly socket: WebSocket;
  readonly opened: number;
  readonly #ctx: DurableObjectState;
  #unheard = 0;
  /** The question that is under way: when it was asked, and how much had been sent before it. */
  #asked: { at: number; sent: number } | undefined;

  constructor(ctx: DurableObjectState, socket: WebSocket, opened: number) {
    this.socket = socket;
    this.opened = opened;
    this.#ctx = ctx;
  }

  /** When the client was last heard of, in milliseconds since 1970: opening counts, then its pongs. */
  get heard(): number {
    const pong = this.#ctx.getWebSocketAutoResponseTimestamp(this.socket)?.getTime() ?? 0;
    return Math.max(this.opened, pong);
  }

  /** @returns false when the client is too far behind, and must be cut off. */
  send(text: string, volatile = false): boolean {
    if (this.#unheard > LAGS) this.#ask();
    if (this.#unheard > LAGS && volatile) return true;
    if (this.#unheard > TOO_FAR) return false;
    this.#unheard += text.length;
    this.#send(text);
    return true;
  }

  ping(): void {
    this.#send(PING);
  }

  keep(notes?: Notes): void {
    const kept: Kept = { opened: this.opened, ...(notes && { notes }) };
    this.socket.serializeAttachment(kept);
  }

  /** Gives it up: the platform may keep it a while longer, if the client does not say goodbye. */
  close(code: number): void {
    this.socket.serializeAttachment(null);
    try {
      this.socket.close(code);
    } catch {
      // Closed already, by the client.
    }
  }

  #ask(): void {
    if (!this.#asked) {
      this.#asked = { at: Date.now(), sent: this.#unheard };
      this.ping();
    } else if (this.heard >= this.#asked.at) {
      this.#unheard -= this.#asked.sent;
      this.#asked = undefined;
    }
  }

  #send(text: string): void {
    try {
      this.socket.send(text);
    } catch {
      // Closed in this very moment: the object is told so by an event of its own.
    }
  }
}
