import { vi } from 'vitest';
vi.mock('miniflare', async (original) => {
  const real = await original<typeof import('miniflare')>();
  return {
    ...real,
    convertV4MiniflareOptions: (o: Record<string, unknown>) =>
      real.convertV4MiniflareOptions({
        ...o,
        resourcePersistencePath: o['defaultPersistRoot'],
      } as never),
  };
});
await import('./restart.test.ts');
