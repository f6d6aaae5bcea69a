import { fork } from 'node:child_process';
import { connect, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import type { Asked } from './requests.ts';

export type Load = {
  origin: string;
  asked: Asked;
  perSecond: number;
  seconds: number;
  /** As many as may be under way when the worker stands still for a moment. */
  connections: number;
};

export type Loaded = {
  /** Of each request, from its first byte to the answer's last. */
  times: number[];
  /** How late each was sent: what this client itself is late by, and waiting for a free connection. */
  lateness: number[];
};

/**
 * An open loop in a process of its own: a request is sent at its time, whether those before it are
 * answered or not, as a crowd would. Its bytes are made beforehand and written to kept-alive sockets;
 * of an answer no more is read than where it ends, so that the client's own work stays out of the tail.
 */
export function load(asked: Load): Promise<Loaded> {
  return new Promise((resolve, reject) => {
    const child = fork(import.meta.filename, { serialization: 'advanced' });
    child.on('message', (loaded) => resolve(loaded as Loaded));
    child.on('error', reject);
    child.on('exit', (code) => reject(new Error(`load: it ended with ${code}`)));
    child.send(asked);
  });
}

if (process.send)
  process.once('message', (asked) => {
    void run(asked as Load).then((loaded) => process.send!(loaded, () => process.exit(0)));
  });

async function run({ origin, asked, perSecond, seconds, connections }: Load): Promise<Loaded> {
  const url = new URL(origin);
  const bytes = bytesOf(url, asked);
  const idle = await Promise.all(
    Array.from({ length: connections }, () => Line.open(url.hostname, Number(url.port))),
  );
  const due: number[] = [];
  const all: Promise<void>[] = [];
  const loaded: Loaded = { times: [], lateness: [] };
  const sendDue = async (line: Line) => {
    for (let at = due.shift(); at !== undefined; at = due.shift()) {
      loaded.lateness.push(performance.now() - at);
      loaded.times.push(await line.time(bytes));
    }
    idle.push(line);
  };
  const start = performance.now();
  for (let i = 0; i < perSecond * seconds; i++) {
    const at = start + (i * 1000) / perSecond;
    const wait = at - performance.now();
    if (wait > 0) await pause(wait);
    due.push(at);
    const line = idle.pop();
    if (line) all.push(sendDue(line));
  }
  await Promise.all(all);
  for (const line of idle) line.close();
  return loaded;
}

function bytesOf({ host }: URL, { method, path, headers = {}, body = '' }: Asked): Buffer {
  const sent = Buffer.from(body as Uint8Array);
  const fields = { host, ...headers, 'content-length': String(sent.length) };
  const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.concat([Buffer.from(`${method} ${path} HTTP/1.1\r\n${lines.join('')}\r\n`), sent]);
}

/** A kept-alive connection with one request under way at a time. */
class Line {
  readonly #socket: Socket;
  #read = '';
  #settle: { resolve: () => void; reject: (error: Error) => void } | undefined;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.setNoDelay(true).setEncoding('latin1');
    socket.on('data', (chunk: string) => {
      this.#read += chunk;
      if (!isWhole(this.#read)) return;
      const status = this.#read.slice('HTTP/1.1 '.length, 'HTTP/1.1 '.length + 3);
      if (status.startsWith('2')) this.#settle?.resolve();
      else this.#settle?.reject(new Error(`load: ${this.#read}`));
    });
    socket.on('error', (error) => this.#settle?.reject(error));
    socket.on('close', () => this.#settle?.reject(new Error('load: the connection was closed')));
  }

  static open(hostname: string, port: number): Promise<Line> {
    return new Promise((resolve, reject) => {
      const socket = connect(port, hostname, () => resolve(new Line(socket)));
      socket.once('error', reject);
    });
  }

  /** @returns milliseconds. @throws for any status but 2xx */
  async time(bytes: Buffer): Promise<number> {
    const start = performance.now();
    this.#read = '';
    await new Promise<void>((resolve, reject) => {
      this.#settle = { resolve, reject };
      this.#socket.write(bytes);
    });
    return performance.now() - start;
  }

  close(): void {
    this.#settle = undefined;
    this.#socket.destroy();
  }
}

function isWhole(text: string): boolean {
  const end = text.indexOf('\r\n\r\n');
  if (end < 0) return false;
  const length = /\r\ncontent-length: *(\d+)/i.exec(text.slice(0, end))?.[1];
  return length === undefined
    ? text.endsWith('\r\n0\r\n\r\n')
    : text.length >= end + 4 + Number(length);
}
