import { convertV4MiniflareOptions, Miniflare } from 'miniflare';
import { listenerOf } from '../../client/cli/edge/edge.ts';
import { watchMemory } from './memory.ts';
import { median } from './quantile.ts';

/** Times that all bodies are sent, after once to warm up. */
const GOES = 3;

/**
 * Reads a body and answers with its length: `?slots=` of them at a time into memory that is used
 * again, as a shard does, or all at once where it is left out.
 */
const SCRIPT = `
const waiting = [], buffers = [];
let taken = 0;
function admit(most) {
  for (; taken < most && waiting.length > 0; taken++) waiting.shift()();
}
async function inSlot(most, { headers, body }) {
  const entry = new Promise((enter) => waiting.push(enter));
  admit(most);
  await entry;
  try {
    const memory = buffers.pop() ?? new ArrayBuffer(Number(headers.get('content-length')) + 1);
    const into = new Uint8Array(memory);
    const { value } = await body.getReader({ mode: 'byob' }).readAtLeast(into.length, into);
    buffers.push(value.buffer);
    return value.length;
  } finally {
    taken--;
    admit(most);
  }
}
export default {
  async fetch(request) {
    const slots = Number(new URL(request.url).searchParams.get('slots'));
    const length = slots > 0 ? await inSlot(slots, request) : (await request.arrayBuffer()).byteLength;
    return new Response(String(length));
  },
};`;

export type Sink = {
  /** The median of some goes after one to warm up: no round can be over sooner. */
  seconds: number;
  /** The most that its workerd held above what it held after the first body; undefined where there is no /proc. */
  peakMb: number | undefined;
};

/**
 * What so many bodies, all sent at once, cost a worker of this machine that does nothing with them,
 * without Miniflare's front.
 * @param slots bodies that it reads at a time; 0 for all
 */
export async function sink(bodies: readonly Uint8Array[], slots = 0): Promise<Sink> {
  const options = convertV4MiniflareOptions({
    ...{ name: 'sink', modules: true, script: SCRIPT, unsafeLocalExplorer: false },
    ...{ host: '127.0.0.1', port: 0, unsafeDirectSockets: [{ host: '127.0.0.1', port: 0 }] },
    compatibilityDate: '2026-11-01',
  });
  const miniflare = new Miniflare(options);
  try {
    await miniflare.ready;
    const { origin, port } = await miniflare.unsafeGetDirectURL('sink');
    const href = `${origin}/?slots=${slots}`;
    await send(href, bodies[0]!);
    const memory = watchMemory(listenerOf(Number(port)));
    const seconds: number[] = [];
    for (let go = 0; go <= GOES; go++) {
      const start = performance.now();
      await Promise.all(bodies.map((body) => send(href, body)));
      if (go > 0) seconds.push((performance.now() - start) / 1000);
    }
    return { seconds: median(seconds), peakMb: memory && memory.stop() - memory.idleMb };
  } finally {
    await miniflare.dispose();
  }
}

async function send(url: string, body: Uint8Array): Promise<void> {
  const response = await fetch(url, { method: 'POST', body: body as BodyInit });
  if ((await response.text()) !== String(body.length)) throw new Error('sink: bytes were lost');
}
