/**
 * A socket.io server inside a Durable Object.
 *
 * The only door to the wire library: everything else is handed a socket.io `Server` and does
 * not learn that there is no Node behind it. socket.io and engine.io are the published packages;
 * what they miss on Workers is the HTTP server, which `cloudflare:node` supplies for polling,
 * and the WebSocket upgrade, which `web-socket.ts` supplies.
 */
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { handleAsNodeRequest } from 'cloudflare:node';
import { Server as Engine } from 'engine.io';
import { type DefaultEventsMap, Server } from 'socket.io';
export type { Server, Socket } from 'socket.io';
import { UpgradeSocket, WebSocketEngine } from './web-socket.ts';

export interface SocketServerOptions {
  /** The end of the path below which the socket is mounted; the router owns what precedes it. */
  path?: string;
  /** How often the server asks whether a client is still there, and how long it waits, in ms. */
  pingInterval?: number;
  pingTimeout?: number;
  /** The largest message taken from a client: models and deltas go by HTTP, not through here. */
  maxMessageBytes?: number;
}

/** What socket.io asks of an interface that lists events; it does not export its own name for it. */
// oxlint-disable-next-line typescript/no-explicit-any -- `unknown` does not fit its own constraint
type Events = Record<string, any>;

export interface SocketServer<
  Listen extends Events = DefaultEventsMap,
  Emit extends Events = DefaultEventsMap,
  Data = unknown,
> {
  /** Where the application registers its handlers. */
  readonly io: Server<Listen, Emit, DefaultEventsMap, Data>;
  /** Answers a polling request or a WebSocket upgrade. */
  fetch(request: Request): Promise<Response>;
}

/** Makes a socket.io server that is fed by `fetch()` instead of by a listening port. */
export function createSocketServer<
  Listen extends Events = DefaultEventsMap,
  Emit extends Events = DefaultEventsMap,
  Data = unknown,
>(options: SocketServerOptions = {}): SocketServer<Listen, Emit, Data> {
  const path = options.path ?? '/socket/';
  const engine = new Engine({
    wsEngine: WebSocketEngine,
    // Each answer to a ping is billed as an incoming message, so pings are rare.
    pingInterval: options.pingInterval ?? 60_000,
    pingTimeout: options.pingTimeout ?? 20_000,
    maxHttpBufferSize: options.maxMessageBytes ?? 65_536,
    // Control messages are too short to gain from it.
    perMessageDeflate: false,
    httpCompression: false,
  });
  const io = new Server<Listen, Emit, DefaultEventsMap, Data>({ serveClient: false });
  io.bind(engine);

  return {
    io,
    async fetch(request) {
      if (!new URL(request.url).pathname.endsWith(path)) {
        return new Response('Not found', { status: 404 });
      }
      return receive(engine, request);
    },
  };
}

/**
 * Passes one request to engine.io as Node would.
 *
 * The node:http server lives for this one request. `listen()` enters it in a table of the whole
 * isolate, which outlives the Durable Object: a lasting entry would keep every evicted object's
 * engine in memory. It also lets the request and its abort signal meet.
 */
function receive(engine: Engine, request: Request): Promise<Response> {
  return new Promise((resolve, reject) => {
    const http = createServer((incoming, outgoing) => {
      http.close();
      const message = incoming as EngineRequest;
      if (request.headers.get('upgrade')?.toLowerCase() === 'websocket') {
        // The Response with the WebSocket wins; the one of node:http is never begun.
        engine.handleUpgrade(message, new UpgradeSocket(resolve), Buffer.alloc(0));
      } else {
        // A tab closed in mid-poll. Node would close the request; here the edge aborts its signal
        // (flag enable_request_signal). workerd alone does neither: there the ping times out.
        request.signal.addEventListener('abort', () => incoming.destroy());
        engine.handleRequest(message, outgoing);
      }
    }).listen(0);
    handleAsNodeRequest((http.address() as AddressInfo).port, request).then(resolve, reject);
  });
}

/** engine.io adds fields of its own (`_query`) to what is a plain IncomingMessage before. */
type EngineRequest = IncomingMessage & Parameters<Engine['handleRequest']>[0];
