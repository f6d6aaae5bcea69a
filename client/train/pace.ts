/**
 * When a volunteer's machine may work: pause, resume, stop. Training asks at every step, so a
 * button takes effect within one.
 */
export class Pace {
  #paused: Promise<void> | undefined;
  #resume: (() => void) | undefined;
  readonly #signal: AbortSignal;

  constructor(signal: AbortSignal) {
    this.#signal = signal;
    signal.addEventListener('abort', () => this.resume(), { once: true });
  }

  get paused(): boolean {
    return this.#paused !== undefined;
  }

  pause(): void {
    this.#paused ??= new Promise((resolve) => (this.#resume = resolve));
  }

  resume(): void {
    this.#resume?.();
    this.#paused = undefined;
    this.#resume = undefined;
  }

  /**
   * Lets the event loop turn (messages, buttons), and waits while paused.
   * @param beforeRest is done first where there is a pause: nobody knows how long it will be
   * @returns milliseconds spent paused. @throws the signal's reason once stopped.
   */
  async breathe(beforeRest?: () => Promise<void>): Promise<number> {
    this.#signal.throwIfAborted();
    await turn();
    if (!this.#paused) return 0;
    const start = performance.now();
    await beforeRest?.();
    while (this.#paused) await this.#paused;
    this.#signal.throwIfAborted();
    return performance.now() - start;
  }
}

/** Node's ports have it: an open one keeps the process alive. */
type Port = MessagePort & { ref?: () => void; unref?: () => void };

/** One turn of the event loop. A message channel: setTimeout is held back to 4 ms, or 1 s in hidden tabs. */
const channel = new MessageChannel();
const port: Port = channel.port1;
const waiting: (() => void)[] = [];
port.onmessage = () => {
  waiting.shift()?.();
  if (waiting.length === 0) port.unref?.();
};
port.unref?.();

function turn(): Promise<void> {
  return new Promise((resolve) => {
    waiting.push(resolve);
    // A round under way keeps the process alive, an idle volunteer does not.
    port.ref?.();
    channel.port2.postMessage(null);
  });
}
