import { onTestFinished } from 'vitest';
import type { Pace } from '../../client/train/pace.ts';
import { contribute, type ContributionEvent } from '../../client/sdk/contribute.ts';
import type { Memory } from '../../client/sdk/memory.ts';
import type { LocalData } from '../../shared/objectives/contract.ts';
import { tf } from '../kit/backends.ts';
import { stripes, unlabelled } from '../train/stripes.ts';
import { PROJECT, type ToyEdge } from './toy-edge.ts';

type Kind = ContributionEvent['kind'];
type Of<K extends Kind> = Extract<ContributionEvent, { kind: K }>;

export const IMAGES: LocalData = unlabelled(stripes(8, 1));

/** A volunteer of the toy edge, by the SDK as it is, and all that it tells. It ends with the test at the latest. */
export class Volunteer {
  readonly events: ContributionEvent[] = [];
  readonly done: Promise<void>;
  readonly #stop = new AbortController();
  readonly #pace: Pace;
  readonly #listeners = new Set<() => void>();

  /** @param onEvent is called before anybody who waits hears of it */
  constructor(
    edge: ToyEdge,
    options: {
      memory?: Memory;
      data?: LocalData;
      onEvent?: (event: ContributionEvent) => void;
    } = {},
  ) {
    const { memory, data = IMAGES, onEvent } = options;
    const { pace, done } = contribute({
      ...{ origin: edge.origin, project: PROJECT, tf, backend: 'wasm', data },
      ...(memory ? { memory } : {}),
      signal: this.#stop.signal,
      onEvent: (event) => {
        this.events.push(event);
        onEvent?.(event);
        for (const look of this.#listeners) look();
      },
    });
    this.#pace = pace;
    this.done = done;
    // Whoever expects it to fail says so.
    done.catch(() => undefined);
    onTestFinished(() => this.stop());
  }

  all<K extends Kind>(kind: K): Of<K>[] {
    return this.events.filter((event): event is Of<K> => event.kind === kind);
  }

  /** The first event of its kind that fits. */
  async hear<K extends Kind>(
    kind: K,
    fits: (event: Of<K>) => boolean = () => true,
  ): Promise<Of<K>> {
    for (;;) {
      const found = this.all(kind).find(fits);
      if (found) return found;
      await new Promise<void>((resolve) => {
        const look = () => {
          this.#listeners.delete(look);
          resolve();
        };
        this.#listeners.add(look);
      });
    }
  }

  /** The steps that were taken, by their number, over all rounds. */
  get steps(): number[] {
    return this.all('step').map(({ step }) => step);
  }

  pause(): void {
    this.#pace.pause();
  }

  resume(): void {
    this.#pace.resume();
  }

  /** As when the tab is closed: nothing that was going on comes to its end. */
  async stop(): Promise<void> {
    this.#stop.abort(new Error('stopped'));
    await this.done.catch(() => undefined);
  }
}
