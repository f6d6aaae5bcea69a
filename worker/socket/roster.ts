/** Anything that can be in rooms. */
export interface Member {
  readonly rooms: ReadonlySet<string>;
}

/** Who is here and in which rooms, whichever door they came in by. */
export class Roster<M extends Member> {
  readonly #all = new Set<M>();
  readonly #rooms = new Map<string, Set<M>>();

  /** Takes somebody in, together with the rooms it is in already. */
  add(member: M): void {
    this.#all.add(member);
    for (const room of member.rooms) this.enter(member, room);
  }

  remove(member: M): void {
    this.#all.delete(member);
    for (const room of member.rooms) {
      const members = this.#rooms.get(room);
      members?.delete(member);
      // A room is a volunteer's id: those of a crowd that came and went must not pile up.
      if (members?.size === 0) this.#rooms.delete(room);
    }
  }

  enter(member: M, room: string): void {
    const members = this.#rooms.get(room);
    if (members) members.add(member);
    else this.#rooms.set(room, new Set([member]));
  }

  /** A copy, as members come and go while one is told something. */
  list(room?: string): M[] {
    return [...(this.#members(room) ?? [])];
  }

  count(room?: string): number {
    return this.#members(room)?.size ?? 0;
  }

  rooms(): string[] {
    return [...this.#rooms.keys()];
  }

  #members(room: string | undefined): Set<M> | undefined {
    return room === undefined ? this.#all : this.#rooms.get(room);
  }
}
