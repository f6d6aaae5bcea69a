/** One way of a call: what happens when it arrives, and when it never does. */
type Message = { arrive(): void; lost(): void };

/** What a test brings about; any other error is one of the code under test. */
export class Lost extends Error {}

export type Fate = 'arrives' | 'lost' | 'doubled' | 'late';

/**
 * A network that does what it is told. A call to another object is a message there and one back;
 * each may be lost or overtaken, come twice, or come when its sender has given it up.
 */
export class Network {
  #messages: Message[] = [];
  #broken: Error | undefined;

  get size(): number {
    return this.#messages.length;
  }

  /** @param alive whether the caller is still there to hear what came of it */
  call<T>(run: () => Promise<T>, alive: () => boolean): Promise<T> {
    return new Promise((resolve, reject) => {
      const lost = () => {
        if (alive()) reject(new Lost('lost on its way'));
      };
      // A promise settles once: whoever is answered twice hears the first.
      const answer = (settle: () => void) =>
        this.#messages.push({ arrive: () => void (alive() && settle()), lost });
      const arrive = () => {
        const answerWith = (value: T) => answer(() => resolve(value));
        run().then(answerWith, (error: Error) => {
          this.forgive(error);
          answer(() => reject(error));
        });
      };
      this.#messages.push({ arrive, lost });
    });
  }

  /** Takes note of an error that nobody else would see. */
  forgive(error: unknown): void {
    if (!(error instanceof Lost)) this.#broken ??= error as Error;
  }

  /** @throws the first error that was no mishap */
  assertSound(): void {
    if (this.#broken) throw this.#broken;
  }

  /** Decides on one of the messages that are under way. */
  decide(choice: number, fate: Fate): void {
    if (this.size === 0) return;
    const [message] = this.#messages.splice(choice % this.size, 1) as [Message];
    if (fate === 'arrives' || fate === 'doubled') message.arrive();
    else message.lost();
    if (fate === 'doubled' || fate === 'late') this.#messages.push(message);
  }
}
