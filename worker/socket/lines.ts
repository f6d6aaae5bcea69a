/**
 * The lines to clients: socket.io's protocol, by whatever door a client comes in. Who comes by
 * WebSocket does not keep the object awake; who has to poll does.
 */
import type { EventMap, Handlers, Lines, LinesOptions, Room, Settings } from './contract.ts';
import { Door } from './door.ts';
import { type LineMember, Outgoing } from './member.ts';
import { Reception } from './reception.ts';
import { Roster } from './roster.ts';

export type { Handlers, Line, Lines, LinesOptions, Room } from './contract.ts';

const DEFAULTS: Settings = {
  path: '/socket/',
  // Every beat wakes the object, and what lies between here and there may forget a line that is silent
  // for long.
  pingInterval: 60_000,
  // An alarm may be late; the server judges by the next beat.
  pingTimeout: 60_000,
  maxMessageBytes: 65_536,
  onSchedule: () => undefined,
};

/**
 * Opens the lines of a Durable Object; in its constructor, where the lines that were there before it
 * was put to sleep are back in their rooms at once.
 */
export function createLines<Listen, Emit, Data = undefined>(
  ctx: DurableObjectState,
  handlers: Handlers<Listen, Emit, Data>,
  options: LinesOptions = {},
): Lines<Emit, Data> {
  // What the types say is for the owner: in here, an event is a name and a value.
  const untyped = handlers as unknown as Handlers<EventMap, EventMap, unknown>;
  return new Hall(ctx, untyped, { ...DEFAULTS, ...options }) as unknown as Lines<Emit, Data>;
}

class Hall implements Lines<EventMap, unknown> {
  readonly #settings: Settings;
  readonly #roster = new Roster<LineMember>();
  readonly #reception: Reception;
  readonly #door: Door;
  #polling: Promise<(request: Request) => Promise<Response>> | undefined;

  constructor(
    ctx: DurableObjectState,
    handlers: Handlers<EventMap, EventMap, unknown>,
    settings: Settings,
  ) {
    this.#settings = settings;
    this.#reception = new Reception(handlers);
    this.#door = new Door(ctx, settings, this.#roster, this.#reception);
  }

  emit(event: string, value: unknown): void {
    this.#tell(new Outgoing(event, value));
  }

  to(room: string): Room<EventMap> {
    const emit = (event: string, value: unknown) => this.#tell(new Outgoing(event, value), room);
    const volatile = {
      emit: (event: string, value: unknown) => this.#tell(new Outgoing(event, value, true), room),
    };
    const close = () => {
      for (const line of this.#roster.list(room)) line.close();
    };
    return { emit, volatile, close };
  }

  count(room?: string): number {
    return this.#roster.count(room);
  }

  rooms(): string[] {
    return this.#roster.rooms();
  }

  in(room: string): LineMember[] {
    return this.#roster.list(room);
  }

  async fetch(request: Request): Promise<Response> {
    const { pathname, searchParams } = new URL(request.url);
    if (!pathname.endsWith(this.#settings.path)) return new Response('Not found', { status: 404 });
    const upgrade = request.headers.get('upgrade')?.toLowerCase() === 'websocket';
    // A WebSocket that knows a session continues one which began by polling.
    if (upgrade && !searchParams.has('sid')) return this.#door.fetch(request);
    this.#polling ??= this.#openPolling();
    return (await this.#polling)(request);
  }

  message(socket: WebSocket, data: string | ArrayBuffer): Promise<void> {
    return this.#door.message(socket, data);
  }

  closed(socket: WebSocket): Promise<void> {
    return this.#door.closed(socket);
  }

  nextBeat(): number | null {
    return this.#door.nextBeat();
  }

  beat(now: number): void {
    this.#door.beat(now);
  }

  /** Late, for those who need it: socket.io and engine.io are most of the worker's memory. */
  async #openPolling(): Promise<(request: Request) => Promise<Response>> {
    const { openPolling } = await import('./polling.ts');
    return openPolling(this.#settings, this.#roster, this.#reception);
  }

  #tell(message: Outgoing, room?: string): void {
    for (const line of this.#roster.list(room)) line.send(message);
  }
}
