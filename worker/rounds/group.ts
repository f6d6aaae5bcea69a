import type { Cohort, CohortEffect, CohortStep } from '../../shared/rounds/cohort.ts';
import type { Entry } from './log.ts';
import { TAKEN_IN } from './slots.ts';

/**
 * Deltas that are in the sum already and go to disk together. Their bodies are kept only while they
 * are shorter than the sum: of a longer group the sum is written instead, so that no group costs more
 * than that, however many are in it.
 */
export class Group {
  readonly entries: Entry[] = [];
  readonly effects: CohortEffect[] = [];
  readonly #release: (body: Uint8Array) => void;
  readonly #fate: Promise<void>;
  #settle!: { resolve: () => void; reject: (error: unknown) => void };
  #cohort: Cohort;
  #bodies: Uint8Array[] | undefined = [];
  #bytes = 0;

  /**
   * @param cohort as it is before the first of them
   * @param release hears of every body once, when it is not needed any more
   */
  constructor(cohort: Cohort, release: (body: Uint8Array) => void) {
    this.#cohort = cohort;
    this.#release = release;
    this.#fate = new Promise((resolve, reject) => (this.#settle = { resolve, reject }));
  }

  /** As it is with all of them. */
  get cohort(): Cohort {
    return this.#cohort;
  }

  /** In the order of the entries; undefined where the sum is to be written in their place. */
  get bodies(): readonly Uint8Array[] | undefined {
    return this.#bodies;
  }

  /** Whether it keeps as many bytes as may be under way: it should wait for no more. */
  get full(): boolean {
    return this.#bodies !== undefined && this.#bytes >= TAKEN_IN;
  }

  /**
   * @param sumBytes how long the sum is with this delta in it
   * @returns what `waitFor` does
   */
  add(
    { entry, body, sumBytes }: { entry: Entry; body: Uint8Array; sumBytes: number },
    { cohort, effects }: CohortStep,
  ): Promise<Entry> {
    this.entries.push(entry);
    this.effects.push(...effects);
    this.#cohort = cohort;
    this.#bytes += body.length;
    if (this.#bodies) this.#bodies.push(body);
    else this.#release(body);
    if (this.#bytes >= sumBytes) this.#letGo();
    return this.waitFor(entry);
  }

  find(asked: number, volunteer: string, digest: string): Entry | undefined {
    return this.entries.find(
      (entry) => entry.asked === asked && entry.volunteer === volunteer && entry.digest === digest,
    );
  }

  /** Resolves when the group is on disk. @throws what it could not be written for */
  async waitFor(entry: Entry): Promise<Entry> {
    await this.#fate;
    return entry;
  }

  /** It is on disk, or cannot be written. */
  end(error?: unknown): void {
    this.#letGo();
    if (error === undefined) this.#settle.resolve();
    else this.#settle.reject(error);
  }

  #letGo(): void {
    this.#bodies?.forEach(this.#release);
    this.#bodies = undefined;
  }
}
