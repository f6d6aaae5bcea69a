/**
 * What the lines to clients and their owner, a Durable Object, promise each other.
 *
 * The owner may be put to sleep between any two calls, so nothing here takes a closure per socket:
 * it hands in one table of handlers, and forwards its own events.
 */

/** A protocol's messages as functions, in the way of socket.io: `hello: (message, acknowledge) => void`. */
// oxlint-disable-next-line typescript/no-explicit-any -- an interface does not fit Record<string, unknown>
export type EventMap = { [event: string]: (...args: any[]) => void };

export type Name<Events> = keyof Events & string;
/** What an event carries: one value. */
export type Value<F> = F extends (value: infer V, ...rest: never[]) => void ? V : never;
/** What an event is acknowledged with, `never` where the protocol has no acknowledgement. */
export type Answer<F> = F extends (value: never, acknowledge: (answer: infer A) => void) => void
  ? A
  : never;

export interface Emitter<Emit> {
  emit<E extends Name<Emit>>(event: E, value: Value<Emit[E]>): void;
}

/** One client's connection. After it has left, everything here does nothing. */
export interface Line<Emit, Data = undefined> extends Emitter<Emit> {
  /** New with every connection. */
  readonly id: string;
  /** What the client showed when it connected; unchecked. */
  readonly auth: unknown;
  readonly rooms: ReadonlySet<string>;
  /** What the owner notes about it. Survives sleep: assign a new value, do not change the old one. */
  data: Data | undefined;
  /** @throws Error when what has to survive sleep (auth, rooms, data) grows over 16 KB. */
  join(room: string): void;
  /** The client takes it for a dismissal, and does not come back by itself. */
  close(): void;
}

export interface Handlers<Listen, Emit, Data = undefined> {
  /**
   * A client has connected, and knows it. The line's messages, and its leaving, wait until this has
   * settled; when it fails, the line is closed.
   */
  onConnect(line: Line<Emit, Data>): void | Promise<void>;
  /** By event; one that is not in the table is dropped. The message is unchecked. */
  onMessage: {
    [E in Name<Listen>]: (
      line: Line<Emit, Data>,
      message: unknown,
      acknowledge: (answer: Answer<Listen[E]>) => void,
    ) => void | Promise<void>;
  };
  /**
   * Once for every line that connected. It is out of every room by now, though `line.rooms` still
   * says which those were; never in the middle of a call of the owner's. Lines cut by a crash or a deploy leave without a word.
   */
  onLeave(line: Line<Emit, Data>, reason: string): void | Promise<void>;
}

export interface Room<Emit> extends Emitter<Emit> {
  /** Messages that a line which lags behind may miss. */
  readonly volatile: Emitter<Emit>;
  close(): void;
}

export interface Lines<Emit, Data = undefined> extends Emitter<Emit> {
  to(room: string): Room<Emit>;
  count(room?: string): number;
  /** The rooms that somebody is in. */
  rooms(): Iterable<string>;
  in(room: string): Iterable<Line<Emit, Data>>;
  fetch(request: Request): Promise<Response>;
  /** The object's `webSocketMessage`. */
  message(socket: WebSocket, data: string | ArrayBuffer): Promise<void>;
  /** The object's `webSocketClose` and `webSocketError`. */
  closed(socket: WebSocket): Promise<void>;
  /** When `beat` is due, in milliseconds since 1970; null: nobody needs one. */
  nextBeat(): number | null;
  /** Pings whoever is there and drops the dead. Does nothing before it is due: call it at any alarm. */
  beat(now: number): void;
}

export interface LinesOptions {
  /** The end of the path below which the lines are mounted; the router owns what precedes it. */
  path?: string;
  /** How often the server asks whether a client is still there, in milliseconds. */
  pingInterval?: number;
  /** How long a client waits for a ping that is late before it gives the line up, in milliseconds. */
  pingTimeout?: number;
  /** The largest message taken from a client: models and deltas go by HTTP, not through here. */
  maxMessageBytes?: number;
  /** `nextBeat()` has come forward (from null, too): set the alarm. */
  onSchedule?(): void;
}

/** The options, complete. */
export type Settings = Required<LinesOptions>;
