import { convertV4MiniflareOptions, Miniflare } from 'miniflare';
import { listenerOf } from '../../client/cli/edge/edge.ts';
import { watchMemory } from './memory.ts';
import { median } from './quantile.ts';

const SCRIPT = `export default {
  async fetch(request) {
    return new Response(String((await request.arrayBuffer()).byteLength));
  },
};`;

export type Sink = {
  /** The median of some goes after one to warm up: no round can be over sooner. */
  seconds: number;
  /** The most that its workerd held above what it held after the first body; undefined where there is no /proc. */
  peakMb: number | undefined;
};

/** What so many bodies, all sent at once, cost a worker of this machine that does nothing with them. */
export async function sink(bodies: readonly Uint8Array[], goes = 3): Promise<Sink> {
  const options = convertV4MiniflareOptions({
    ...{ modules: true, script: SCRIPT, host: '127.0.0.1', port: 0, unsafeLocalExplorer: false },
    compatibilityDate: '2026-11-01',
  });
  const miniflare = new Miniflare(options);
  try {
    const { href, port } = await miniflare.ready;
    await send(href, bodies[0]!);
    const memory = watchMemory(listenerOf(Number(port)));
    const seconds: number[] = [];
    for (let go = 0; go <= goes; go++) {
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
