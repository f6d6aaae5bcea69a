/** What WebGPU is asked for, counted at its own interface: the same for any library above it. */
export type Traffic = {
  dispatches: number;
  /** Of all buffers bound to a dispatch, of copies (both ends), and of what is written from outside. */
  bytes: number;
  /** Buffers made. */
  buffers: number;
  /** Buffers mapped to be read. */
  reads: number;
};

const traffic: Traffic = { dispatches: 0, bytes: 0, buffers: 0, reads: 0 };

/** Counts from now on, in this realm. */
export function watchGpu(): void {
  const bound = new WeakMap<object, number>();
  let current = 0;
  around(GPUDevice, 'createBindGroup', (group, [{ entries }]) => {
    const sizes = [...entries].map(({ resource }) => {
      const { buffer, offset = 0, size } = resource as GPUBufferBinding;
      return size ?? buffer.size - offset;
    });
    bound.set(
      group,
      sizes.reduce((a, b) => a + b, 0),
    );
  });
  around(GPUComputePassEncoder, 'setBindGroup', (_, [, group]) => (current = bound.get(group!)!));
  around(GPUComputePassEncoder, 'dispatchWorkgroups', () => {
    traffic.dispatches++;
    traffic.bytes += current;
  });
  around(GPUCommandEncoder, 'copyBufferToBuffer', (_, args) => {
    traffic.bytes += 2 * (args[4] as number);
  });
  around(GPUQueue, 'writeBuffer', (_, [, , data]) => {
    traffic.bytes += (data as ArrayBufferView).byteLength;
  });
  around(GPUDevice, 'createBuffer', () => traffic.buffers++);
  around(GPUBuffer, 'mapAsync', () => traffic.reads++);
}

/** What was asked for since the last time. */
export function takeTraffic(): Traffic {
  const taken = { ...traffic };
  Object.assign(traffic, { dispatches: 0, bytes: 0, buffers: 0, reads: 0 });
  return taken;
}

type Method = (...args: never[]) => unknown;

/** Calls `seen` after each call of a class's method, with its result and its arguments. */
function around<Class extends { prototype: object }, Name extends keyof Class['prototype']>(
  { prototype }: Class,
  name: Name,
  seen: (
    result: Class['prototype'][Name] extends (...args: never[]) => infer Result ? Result : never,
    args: Class['prototype'][Name] extends (...args: infer Args) => unknown ? Args : never,
  ) => unknown,
): void {
  const original = (prototype as Record<Name, Method>)[name];
  (prototype as Record<Name, Method>)[name] = function (this: unknown, ...args: never[]) {
    const result = original.apply(this, args);
    seen(result as never, args as never);
    return result;
  };
}
