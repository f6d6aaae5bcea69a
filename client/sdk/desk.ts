import { bytesOf } from '../../shared/math/bytes.ts';
import type { Model } from '../../shared/nn/model.ts';
import type { LocalData } from '../../shared/objectives/contract.ts';
import type { Assignment } from '../../shared/protocol/messages.ts';
import type { Personal } from '../../shared/train/personal.ts';
import type { Snapshot } from '../../shared/train/session.ts';
import { sha256Hex } from '../../shared/weights/digest.ts';
import type { SchemeId } from '../../shared/weights/schemes/index.ts';
import type { EncodedDelta } from '../net/upload.ts';
import { keptDelta } from '../train/kept-delta.ts';
import { isSame, type Memory, type Unsent } from './memory.ts';

/** A delta to be sent, that the codec knows as one. */
export type Ready = Omit<Unsent, 'message'> & { message: EncodedDelta };

/** Milliseconds after which what encoding lost, or own weights, are no help any more: the model has moved on. */
const OWN_LASTS = 12 * 3600 * 1000;

/** A volunteer's work in hand: what of it is kept, and when it is still good. */
export class Desk {
  readonly #memory: Memory;
  readonly #data: LocalData;
  readonly #model: Model;
  readonly #expected: { count: number; scheme: SchemeId };
  #images: Promise<string> | undefined;

  /** @param scheme that the model's deltas are encoded with */
  constructor(memory: Memory, data: LocalData, model: Model, scheme: SchemeId) {
    this.#memory = memory;
    this.#data = data;
    this.#model = model;
    this.#expected = { count: model.sent.layout.size, scheme };
  }

  /** Where the training of this assignment was left, of the same weights and the same images. */
  async checkpoint(assignment: Assignment): Promise<Snapshot | undefined> {
    const kept = await this.#memory.get('checkpoint');
    if (!kept) return undefined;
    const isGood =
      isSame(kept, assignment) &&
      kept.weights === assignment.weights &&
      kept.images === (await this.#digest()) &&
      kept.snapshot.student.length === this.#model.layout.size;
    if (isGood) return kept.snapshot;
    await this.#memory.remove('checkpoint');
    return undefined;
  }

  async saveCheckpoint(assignment: Assignment, snapshot: Snapshot): Promise<void> {
    const { round, version, seed, weights } = assignment;
    const images = await this.#digest();
    await this.#memory.set('checkpoint', { round, version, seed, weights, images, snapshot });
  }

  /** The delta that nobody has acknowledged yet. What is not one is thrown away. */
  async unsent(): Promise<Ready | undefined> {
    const kept = await this.#memory.get('unsent');
    const message = kept && keptDelta(kept.message, this.#expected);
    if (kept && message) return { ...kept, message };
    if (kept) await this.#memory.remove('unsent');
    return undefined;
  }

  /** Learning is done; from here on there is only the delta. */
  async learnt(delta: Ready): Promise<void> {
    await this.#memory.set('unsent', delta);
    await this.#memory.remove('checkpoint');
  }

  /** In this order: a tab that ends in between sends again, and the edge says that it knows. */
  async acknowledged({ residual }: Ready): Promise<void> {
    if (residual) await this.#memory.set('residual', { values: residual, at: Date.now() });
    else await this.#memory.remove('residual');
    await this.#memory.remove('unsent');
  }

  /** Nobody will ever take it. What encoding lost is then as it was before. */
  async refused(): Promise<void> {
    await this.#memory.remove('unsent');
  }

  /** What encoding has lost so far, [count], or null. */
  async residual(): Promise<Float32Array | null> {
    const kept = await this.#memory.get('residual');
    const isGood = kept && this.#isFresh(kept) && kept.values.length === this.#expected.count;
    return isGood ? kept.values : null;
  }

  /** The volunteer's own weights of its last round, or undefined. */
  async personal(): Promise<Personal | undefined> {
    const kept = await this.#memory.get('personal');
    const isGood = kept && this.#isFresh(kept) && kept.weights.length === this.#expected.count;
    return isGood ? kept : undefined;
  }

  async keepPersonal(personal: Personal): Promise<void> {
    await this.#memory.set('personal', { ...personal, at: Date.now() });
  }

  #isFresh({ at }: { at: number }): boolean {
    return at > Date.now() - OWN_LASTS;
  }

  /** SHA-256 of the images, taken once. */
  #digest(): Promise<string> {
    return (this.#images ??= sha256Hex(bytesOf(this.#data.images)));
  }
}
