import type { BackendName } from '../../../tf.ts';

export const BACKENDS: readonly BackendName[] = ['webgpu', 'webgl', 'wasm', 'cpu'];

/** `?backend=wasm`: where the visitor wants the sums done, in place of what the tab would choose. */
export type Wanted =
  | { kind: 'none' }
  | { kind: 'backend'; backend: BackendName }
  | { kind: 'unknown'; name: string };

export function wantedBackend(search: string): Wanted {
  const name = new URLSearchParams(search).get('backend');
  if (name === null) return { kind: 'none' };
  const backend = BACKENDS.find((one) => one === name);
  return backend ? { kind: 'backend', backend } : { kind: 'unknown', name };
}
