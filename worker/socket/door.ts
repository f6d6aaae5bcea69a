/**
 * The door for WebSockets: a small server of socket.io's protocol, of which nothing has to stay awake.
 *
 * The WebSockets are the platform's (`acceptWebSocket`), what has to be known of each is kept with it,
 * pings are sent from the owner's alarm, and pongs are taken by the platform itself. engine.io holds
 * timers and closures for every client, with which an object can never be put to sleep.
 */
import type { Settings } from './contract.ts';
import { LineMember, type Notes, type Outgoing } from './member.ts';
import { decode, encode, NAMESPACE, NOOP, open, PacketType, PONG, type Packet } from './packets.ts';
import type { Reception } from './reception.ts';
import type { Roster } from './roster.ts';
import { type Kept, Wire } from './wire.ts';

/** Where the time of the last pings is stored: the pongs are measured against it after sleep. */
const PINGED = 'socket:pinged';
/** A ticket is some 300 bytes. What a client shows is kept in memory as long as it is there. */
const MAX_CONNECT_BYTES = 2048;

/** RFC 6455 7.4.1. */
const NORMAL = 1000;
const GOING_AWAY = 1001;
const PROTOCOL_ERROR = 1002;
const UNSUPPORTED = 1003;
const TOO_BIG = 1009;
const TRY_AGAIN_LATER = 1013;

/** The line over a WebSocket. */
class WireLine extends LineMember {
  readonly #wire: Wire;
  readonly #end: (code: number, reason: string) => void;

  constructor(
    roster: Roster<LineMember>,
    notes: Notes,
    wire: Wire,
    end: (code: number, reason: string) => void,
  ) {
    super(roster, notes);
    this.#wire = wire;
    this.#end = end;
  }

  override send(message: Outgoing): void {
    if (this.here && !this.#wire.send(message.text, message.volatile))
      this.#end(TRY_AGAIN_LATER, 'transport error');
  }

  acknowledge(id: number, answer: unknown): void {
    const text = encode({ type: PacketType.ACK, id, data: [answer] });
    if (this.here && !this.#wire.send(text)) this.#end(TRY_AGAIN_LATER, 'transport error');
  }

  override close(): void {
    if (!this.here) return;
    this.#wire.send(encode({ type: PacketType.DISCONNECT }));
    this.#end(NORMAL, 'server namespace disconnect');
  }

  protected override keep(notes: Notes): void {
    this.#wire.keep(notes);
  }
}

type Connection = { wire: Wire; line?: WireLine };

export class Door {
  readonly #ctx: DurableObjectState;
  readonly #settings: Settings;
  readonly #roster: Roster<LineMember>;
  readonly #reception: Reception;
  readonly #connections = new Map<WebSocket, Connection>();
  #pinged: number;

  /** Takes up the WebSockets that were there before the object was put to sleep. */
  constructor(
    ctx: DurableObjectState,
    settings: Settings,
    roster: Roster<LineMember>,
    reception: Reception,
  ) {
    this.#ctx = ctx;
    this.#settings = settings;
    this.#roster = roster;
    this.#reception = reception;
    this.#pinged = ctx.storage.kv.get<number>(PINGED) ?? 0;
    // Never the other way round: a client that answered its own pings would go on for ever.
    ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair(PONG, NOOP));
    for (const socket of ctx.getWebSockets()) this.#restore(socket);
  }

  fetch(request: Request): Response {
    const query = new URL(request.url).searchParams;
    if (query.get('EIO') !== '4' || query.get('transport') !== 'websocket')
      return new Response('Bad request', { status: 400 });
    const { 0: client, 1: server } = new WebSocketPair();
    this.#ctx.acceptWebSocket(server);
    this.#begin(server);
    return new Response(null, { status: 101, webSocket: client });
  }

  async message(socket: WebSocket, data: unknown): Promise<void> {
    const connection = this.#connections.get(socket);
    // Given up already: what it had under way says nothing any more.
    if (!connection) return;
    if (typeof data !== 'string') return this.#end(connection, UNSUPPORTED, 'transport error');
    if (Buffer.byteLength(data) > this.#settings.maxMessageBytes)
      return this.#end(connection, TOO_BIG, 'transport error');
    const packet = read(data);
    if (packet === 'malformed') return this.#end(connection, PROTOCOL_ERROR, 'parse error');
    if (packet === 'close') return this.#end(connection, NORMAL, 'transport close');
    if (packet) await this.#take(connection, packet, data.length);
  }

  async closed(socket: WebSocket): Promise<void> {
    const connection = this.#connections.get(socket);
    if (connection) await this.#end(connection, NORMAL, 'transport close');
  }

  nextBeat(): number | null {
    return this.#connections.size === 0 ? null : this.#pinged + this.#settings.pingInterval;
  }

  beat(now: number): void {
    const due = this.nextBeat();
    if (due === null || now < due) return;
    for (const connection of this.#connections.values()) {
      const { wire, line } = connection;
      // Both had a whole interval's time.
      const silent = wire.heard < this.#pinged;
      const idle = !line && wire.opened < this.#pinged;
      if (silent || idle) void this.#end(connection, GOING_AWAY, 'ping timeout');
      else wire.ping();
    }
    this.#setPinged(now);
  }

  #begin(socket: WebSocket): void {
    const now = Date.now();
    const first = this.#connections.size === 0;
    const wire = new Wire(this.#ctx, socket, now);
    this.#connections.set(socket, { wire });
    wire.keep();
    const { pingInterval, pingTimeout, maxMessageBytes } = this.#settings;
    wire.send(
      open({
        ...{ sid: crypto.randomUUID(), upgrades: [], maxPayload: maxMessageBytes },
        ...{ pingInterval, pingTimeout },
      }),
    );
    if (!first) return;
    // The last pings were for others, long ago.
    if (this.#pinged + pingInterval <= now) this.#setPinged(now);
    this.#settings.onSchedule();
  }

  #restore(socket: WebSocket): void {
    const kept = socket.deserializeAttachment() as Kept;
    if (!kept) return;
    const connection: Connection = { wire: new Wire(this.#ctx, socket, kept.opened) };
    this.#connections.set(socket, connection);
    if (kept.notes) this.#connect(connection, kept.notes);
  }

  /** In socket.io's words: acts upon a packet as its `Client.ondecoded` does. */
  async #take(connection: Connection, packet: Packet, size: number): Promise<void> {
    const { wire, line } = connection;
    const { type, nsp, data, id } = packet;
    if (type === PacketType.CONNECT && nsp !== NAMESPACE)
      return refuse(wire, nsp, 'Invalid namespace');
    if (type === PacketType.CONNECT && !line) return this.#welcome(connection, data ?? {}, size);
    const greets = type === PacketType.CONNECT || type === PacketType.CONNECT_ERROR;
    if (!line || nsp !== NAMESPACE || greets)
      return this.#end(connection, PROTOCOL_ERROR, 'parse error');
    if (type === PacketType.DISCONNECT) {
      // The client ends the connection itself, or connects again.
      delete connection.line;
      wire.keep();
      return this.#reception.dismiss(line, 'client namespace disconnect');
    }
    // Whatever is left, such as an answer to a question that was not asked, is passed over.
    if (type !== PacketType.EVENT) return;
    await this.#reception.deliver(line, data as unknown[], (answer) => {
      if (id !== undefined) line.acknowledge(id, answer);
    });
  }

  async #welcome(connection: Connection, auth: unknown, size: number): Promise<void> {
    const { wire } = connection;
    if (size > MAX_CONNECT_BYTES) return refuse(wire, NAMESPACE, 'too much to keep');
    const notes: Notes = { id: crypto.randomUUID(), auth, rooms: [], data: undefined };
    const line = this.#connect(connection, notes);
    wire.keep(notes);
    wire.send(encode({ type: PacketType.CONNECT, data: { sid: line.id } }));
    await this.#reception.welcome(line);
  }

  #connect(connection: Connection, notes: Notes): WireLine {
    const end = (code: number, reason: string) => void this.#end(connection, code, reason);
    return (connection.line = new WireLine(this.#roster, notes, connection.wire, end));
  }

  async #end({ wire, line }: Connection, code: number, reason: string): Promise<void> {
    this.#connections.delete(wire.socket);
    wire.close(code);
    if (line) await this.#reception.dismiss(line, reason);
  }

  #setPinged(now: number): void {
    this.#pinged = now;
    this.#ctx.storage.kv.put(PINGED, now);
  }
}

function refuse(wire: Wire, nsp: string, message: string): void {
  wire.send(encode({ type: PacketType.CONNECT_ERROR, nsp, data: { message } }));
}

function read(text: string): ReturnType<typeof decode> | 'malformed' {
  try {
    return decode(text);
  } catch {
    return 'malformed';
  }
}
