import type { EventMap, Line } from './contract.ts';
import { encode, PacketType } from './packets.ts';
import type { Roster } from './roster.ts';

/** An event on its way to any number of lines: encoded once, and only if somebody needs it so. */
export class Outgoing {
  readonly event: string;
  readonly value: unknown;
  /** It may be left out for a line that lags behind. */
  readonly volatile: boolean;
  #text: string | undefined;

  constructor(event: string, value: unknown, volatile = false) {
    this.event = event;
    this.value = value;
    this.volatile = volatile;
  }

  /** @throws TypeError when there are bytes in it. */
  get text(): string {
    this.#text ??= encode({ type: PacketType.EVENT, data: [this.event, this.value] });
    return this.#text;
  }
}

/** What a line knows that its connection does not: enough to make it again after sleep. */
export type Notes = { id: string; auth: unknown; rooms: string[]; data: unknown };

/** A line, as far as it is the same by either door. */
export abstract class LineMember implements Line<EventMap, unknown> {
  readonly id: string;
  readonly auth: unknown;
  readonly #rooms: Set<string>;
  readonly #roster: Roster<LineMember>;
  #data: unknown;
  #here = true;

  constructor(roster: Roster<LineMember>, { id, auth, rooms, data }: Notes) {
    this.id = id;
    this.auth = auth;
    this.#rooms = new Set(rooms);
    this.#data = data;
    this.#roster = roster;
    roster.add(this);
  }

  get rooms(): ReadonlySet<string> {
    return this.#rooms;
  }

  /** Whether the client is still there. */
  get here(): boolean {
    return this.#here;
  }

  get data(): unknown {
    return this.#data;
  }

  set data(data: unknown) {
    if (!this.#here) return;
    this.#data = data;
    this.keep(this.notes());
  }

  join(room: string): void {
    if (!this.#here || this.#rooms.has(room)) return;
    this.#rooms.add(room);
    this.#roster.enter(this, room);
    this.keep(this.notes());
  }

  emit(event: string, value: unknown): void {
    this.send(new Outgoing(event, value));
  }

  /** Takes the line out of everything. @returns false if it was out already. */
  leave(): boolean {
    if (!this.#here) return false;
    this.#here = false;
    this.#roster.remove(this);
    return true;
  }

  protected notes(): Notes {
    return { id: this.id, auth: this.auth, rooms: [...this.#rooms], data: this.#data };
  }

  abstract send(message: Outgoing): void;
  abstract close(): void;
  /** Stores the notes where sleep does not reach. */
  protected abstract keep(notes: Notes): void;
}
