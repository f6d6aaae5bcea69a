import type { Device } from './train/device.ts';
import { startBackend, type BackendName, type Started } from './tf.ts';
import { unless } from './train/unless.ts';

/** The parts of tfjs's GPU backends that tell of a loss. */
type WebGpu = { device?: GPUDevice };
type WebGl = { gpgpu?: { gl: WebGL2RenderingContext } };

/** tfjs's GPU backends leave up to 1,000 numbers that they have at hand to the processor. */
const SUMS = 4096;

/** The backend that tfjs was started on, replaced when its device goes away. */
export class TfDevice implements Device {
  readonly #tf: Started['tf'];
  #backend: BackendName;
  #lost: AbortSignal;
  #losses = 0;

  constructor({ tf, backend }: Pick<Started, 'tf' | 'backend'>) {
    this.#tf = tf;
    this.#backend = backend;
    this.#lost = lossOf(tf, backend);
  }

  get backend(): BackendName {
    return this.#backend;
  }

  get lost(): AbortSignal {
    return this.#lost;
  }

  /** Asks for sums: a lost WebGPU device refuses to be read, a lost WebGL context is known by its event. */
  async isGone(): Promise<boolean> {
    const tf = this.#tf;
    try {
      const sums = tf.tidy(() => tf.add(tf.zeros([SUMS]), 1));
      const read = unless(this.#lost, sums.data()).finally(() => sums.dispose());
      return !(await read).every((sum) => sum === 1);
    } catch {
      return true;
    }
  }

  /**
   * Another device of the same kind the first time; one that is lost again and again is left for the
   * processor. Checked by its gradient like any backend.
   */
  async replace(): Promise<void> {
    const tf = this.#tf;
    const factory = tf.findBackendFactory(this.#backend);
    // Else tfjs would go on with the instance that it has.
    tf.removeBackend(this.#backend);
    tf.registerBackend(this.#backend, factory as () => Promise<never>);
    const again: BackendName[] = this.#losses++ === 0 ? [this.#backend] : [];
    const { backend } = await startBackend([...again, 'wasm', 'cpu']);
    this.#backend = backend;
    this.#lost = lossOf(tf, backend);
  }
}

/** Aborted when the backend's device is lost; never, where it computes on the processor. */
function lossOf(tf: Started['tf'], backend: BackendName): AbortSignal {
  const lost = new AbortController();
  const end = (reason: string) =>
    lost.abort(new Error(`${backend}: the device was lost: ${reason}`));
  if (backend === 'webgpu') {
    const { device } = tf.backend() as unknown as WebGpu;
    void device?.lost.then(({ reason, message }) => end(message || reason));
  } else if (backend === 'webgl') {
    const { gpgpu } = tf.backend() as unknown as WebGl;
    gpgpu?.gl.canvas.addEventListener('webglcontextlost', () => end('the context was lost'));
  }
  return lost.signal;
}
