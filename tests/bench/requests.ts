import { Agent, request } from 'node:http';

/** One request as a load generator sends it: as little work on this side as Node allows. */
export type Asked = {
  method: string;
  path: string;
  headers?: Record<string, string>;
  body?: Uint8Array | string;
};

/** Kept-alive connections to one origin over `node:http`, the lightest client that Node has. */
export class Connections {
  readonly #agent: Agent;
  readonly #origin: URL;
  readonly #count: number;

  constructor(origin: string, count: number) {
    this.#origin = new URL(origin);
    this.#count = count;
    this.#agent = new Agent({ keepAlive: true, maxSockets: count });
  }

  /** @returns milliseconds until the whole reply was read. @throws for any status but 2xx. */
  async time(asked: Asked): Promise<number> {
    const { status, body, ms } = await this.ask(asked);
    if (status >= 200 && status < 300) return ms;
    throw new Error(`${asked.method} ${asked.path}: ${status} ${body.toString()}`);
  }

  /**
   * Whatever the answer is, and the milliseconds until it was whole.
   * @throws when there is none, or when nothing is heard for so long
   */
  ask(
    { method, path, headers = {}, body }: Asked,
    patienceMs = 0,
  ): Promise<{ status: number; body: Buffer; ms: number }> {
    const { hostname, port } = this.#origin;
    const length = body === undefined ? {} : { 'content-length': Buffer.byteLength(body) };
    return new Promise((resolve, reject) => {
      const start = performance.now();
      const sent = request(
        {
          ...{ agent: this.#agent, hostname, port, method, path },
          ...{ headers: { ...headers, ...length }, timeout: patienceMs },
        },
        (reply) => {
          const read: Buffer[] = [];
          reply.on('data', (chunk: Buffer) => read.push(chunk));
          reply.on('end', () => {
            const ms = performance.now() - start;
            resolve({ status: reply.statusCode ?? 0, body: Buffer.concat(read), ms });
          });
          reply.on('error', reject);
        },
      );
      sent.on('timeout', () => sent.destroy(new Error(`${method} ${path}: no answer`)));
      sent.on('error', reject);
      sent.end(body);
    });
  }

  /** Keeps every connection busy for some seconds. @returns requests answered a second. */
  async rate(asked: Asked, seconds: number): Promise<number> {
    const start = performance.now();
    let answered = 0;
    const keepBusy = async () => {
      while (performance.now() < start + seconds * 1000) {
        await this.time(asked);
        answered++;
      }
    };
    await Promise.all(Array.from({ length: this.#count }, keepBusy));
    return answered / ((performance.now() - start) / 1000);
  }

  /** So many requests, one behind the other. @returns milliseconds of each. */
  async inTurn(asked: Asked, count: number): Promise<number[]> {
    const times: number[] = [];
    for (let i = 0; i < count; i++) times.push(await this.time(asked));
    return times;
  }

  close(): void {
    this.#agent.destroy();
  }
}
