import { convertV4MiniflareOptions, Miniflare } from 'miniflare';

const SCRIPT = `export default {
  async fetch(request) {
    return new Response(String((await request.arrayBuffer()).byteLength));
  },
};`;

/**
 * How long so many bodies take to arrive at a worker of this machine that does nothing with them, all
 * sent at once: no round can be over sooner. @returns seconds, the median of some goes after one to warm up
 */
export async function sinkSeconds(bodies: readonly Uint8Array[], goes = 3): Promise<number> {
  const options = convertV4MiniflareOptions({
    ...{ modules: true, script: SCRIPT, host: '127.0.0.1', port: 0, unsafeLocalExplorer: false },
    compatibilityDate: '2026-11-01',
  });
  const miniflare = new Miniflare(options);
  try {
    const { href } = await miniflare.ready;
    const seconds: number[] = [];
    for (let go = 0; go <= goes; go++) {
      const start = performance.now();
      await Promise.all(bodies.map((body) => send(href, body)));
      if (go > 0) seconds.push((performance.now() - start) / 1000);
    }
    return seconds.sort((a, b) => a - b)[Math.floor(goes / 2)]!;
  } finally {
    await miniflare.dispose();
  }
}

async function send(url: string, body: Uint8Array): Promise<void> {
  const response = await fetch(url, { method: 'POST', body: body as BodyInit });
  if ((await response.text()) !== String(body.length)) throw new Error('sink: bytes were lost');
}
