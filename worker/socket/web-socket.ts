/**
 * What the `ws` package gives engine.io on Node, made from a Workers WebSocketPair.
 *
 * engine.io asks its `wsEngine` for one thing, `handleUpgrade()`, and the socket it gets for
 * `message`, `close`, `error`, `send()` and `close()` (engine.io/build/transports/websocket.js).
 * A Durable Object has neither an `upgrade` event nor a TCP socket; the two classes on top of
 * the adapter below stand in for them.
 */
import { EventEmitter } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { Duplex } from 'node:stream';

/** RFC 6455 7.4.1: the peer broke the protocol; a message was too big. */
const PROTOCOL_ERROR = 1002;
const MESSAGE_TOO_BIG = 1009;

type Sent = (error?: Error) => void;

/** One accepted connection, with the part of `ws`'s WebSocket interface which engine.io uses. */
export class NodeWebSocket extends EventEmitter {
  readonly #socket: WebSocket;

  constructor(socket: WebSocket, maxPayload: number) {
    super();
    this.#socket = socket;
    socket.accept();
    // From compatibility date 2026-11-01 on, binary messages arrive as Blobs unless asked otherwise.
    socket.binaryType = 'arraybuffer';
    socket.addEventListener('message', ({ data }) => {
      const binary = typeof data !== 'string';
      const message = binary ? Buffer.from(data as ArrayBuffer) : data;
      // The runtime's own limit is fixed at some megabytes, so the server's is enforced here.
      if (Buffer.byteLength(message) > maxPayload) {
        this.close(MESSAGE_TOO_BIG);
        this.emit('error', new RangeError('Max payload size exceeded'));
      } else {
        this.emit('message', message, binary);
      }
    });
    socket.addEventListener('close', ({ code, reason }) => this.emit('close', code, reason));
    socket.addEventListener('error', (event) => {
      this.emit('error', (event as ErrorEvent).error ?? new Error('WebSocket error'));
    });
  }

  /** Sends one message. As with `ws` the options may be left out: engine.io has done both. */
  send(data: string | Uint8Array, options: object | Sent, sent?: Sent): void {
    const done = typeof options === 'function' ? (options as Sent) : sent;
    let failure: Error | undefined;
    try {
      this.#socket.send(data);
    } catch (error) {
      failure = error as Error;
    }
    // As with `ws`, never at once: the callback makes engine.io flush again, and it is sending yet.
    if (done) queueMicrotask(() => done(failure));
  }

  close(code?: number): void {
    try {
      this.#socket.close(code);
    } catch {
      // Already closed: for engine.io, as in `ws`, closing twice is no error.
    }
  }
}

/**
 * The "TCP socket" of an upgrade request: answers it with a Response.
 *
 * engine.io refuses an upgrade by writing a raw `400` and destroying the socket; it may also
 * destroy it after the upgrade (an unknown protocol version), which has to end the connection.
 */
export class UpgradeSocket extends Duplex {
  readonly #respond: (response: Response) => void;
  #written = '';
  #accepted: NodeWebSocket | undefined;

  constructor(respond: (response: Response) => void) {
    super();
    this.#respond = respond;
  }

  accept(maxPayload: number): NodeWebSocket {
    const { 0: client, 1: server } = new WebSocketPair();
    this.#accepted = new NodeWebSocket(server, maxPayload);
    this.#respond(new Response(null, { status: 101, webSocket: client }));
    return this.#accepted;
  }

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.#written += chunk.toString();
    done();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    if (this.#accepted) {
      this.#accepted.close(PROTOCOL_ERROR);
    } else {
      const reason = this.#written.split('\r\n\r\n')[1] ?? 'Bad request';
      this.#respond(new Response(reason, { status: 400 }));
    }
    done(error);
  }
}

/** The `wsEngine` of engine.io: its `ws` would need a real TCP socket to speak the protocol on. */
export class WebSocketEngine {
  readonly #maxPayload: number;

  constructor(options: { maxPayload: number }) {
    this.#maxPayload = options.maxPayload;
  }

  handleUpgrade(
    _request: IncomingMessage,
    socket: UpgradeSocket,
    _head: Buffer,
    connected: (socket: NodeWebSocket) => void,
  ): void {
    connected(socket.accept(this.#maxPayload));
  }

  close(): void {}
}
