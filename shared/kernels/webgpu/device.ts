import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import type { TensorInfo } from '@tensorflow/tfjs-core';
import { headOf, wordsOf, type Program, type Values } from './program.ts';
import { entry, groupsFor, THREADS } from './workgroup.ts';

/** What tfjs's types hide of its backend, and kernels beside its own need. */
type Recorder = {
  commandEncoder: GPUCommandEncoder | null;
  computePassEncoder: GPUComputePassEncoder | null;
  commandQueueOwnedIds: WeakSet<object>;
  dispatchCountInPass: number;
  uniformPendingDisposal: GPUBuffer[];
};
export type Backend = Omit<WebGPUBackend, keyof Recorder> & Recorder;

/** Two tensors may share a buffer; a kernel that overwrites must be the only one to hold it. */
type Held = { resource?: GPUBuffer; refCount: number; values: unknown; dtype: string };

/** Dispatches that tfjs collects before it submits them: its own default. */
const SUBMIT_AFTER = 15;

/**
 * One device as our kernels see it: pipelines and constants are made once and kept, everything that
 * lives a step comes from tfjs's pool. A dispatch goes into tfjs's own pass, in order with its own.
 */
export class Device {
  readonly backend: Backend;
  /** Whether shaders may add over a subgroup. */
  readonly subgroups: boolean;
  /** Storage buffers that one dispatch may bind. */
  readonly bindings: number;
  readonly #pipelines = new Map<string, GPUComputePipeline>();
  readonly #constants = new Map<string, GPUBuffer>();

  private constructor(backend: Backend) {
    this.backend = backend;
    this.subgroups = backend.device.features.has('subgroups' as GPUFeatureName);
    this.bindings = backend.device.limits.maxStorageBuffersPerShaderStage;
  }

  static readonly #known = new WeakMap<object, Device>();

  /** The same object for the same backend. */
  static of(backend: Backend): Device {
    const known = Device.#known.get(backend) ?? new Device(backend);
    Device.#known.set(backend, known);
    return known;
  }

  output(shape: readonly number[]): TensorInfo {
    const made = this.backend.makeTensorInfo([...shape], 'float32');
    this.backend.uploadToGPU(made.dataId);
    return made;
  }

  free(...tensors: TensorInfo[]): void {
    for (const { dataId } of tensors) this.backend.disposeData(dataId);
  }

  /**
   * Calls `work` with the tensors as float32. tfjs casts whole numbers in name only: what they are
   * in memory is for each shader to know, and ours know one kind.
   */
  asFloats<Result>(
    tensors: Record<string, TensorInfo>,
    work: (floats: Record<string, TensorInfo>) => Result,
  ): Result {
    const made: TensorInfo[] = [];
    const floats = Object.entries(tensors).map(([name, tensor]) => {
      if (this.#held(tensor).dtype === 'float32') return [name, tensor] as const;
      const out = this.output(tensor.shape);
      made.push(out);
      const count = tensor.shape.reduce((a, b) => a * b, 1);
      this.run(toFloat, { whole: tensor, out }, { count }, [groupsFor(count)]);
      return [name, out] as const;
    });
    const result = work(Object.fromEntries(floats));
    this.free(...made);
    return result;
  }

  /**
   * A tensor to be overwritten, that holds what `tensor` holds: the same one where nobody else
   * shares its numbers, a copy elsewhere. The caller's own `tensor` is to be disposed all the same.
   */
  overwritable(tensor: TensorInfo): TensorInfo {
    const { backend } = this;
    backend.uploadToGPU(tensor.dataId);
    const held = this.#held(tensor);
    if (held.refCount === 1) {
      // Numbers that were read back earlier are about to be old.
      held.values = null;
      backend.incRef(tensor.dataId);
      return { ...tensor };
    }
    const copy = this.output(tensor.shape);
    const [from, to] = [held.resource!, this.#held(copy).resource!];
    backend.ensureCommandEncoderReady();
    backend.endComputePassEncoder();
    backend.commandEncoder!.copyBufferToBuffer(from, 0, to, 0, from.size);
    for (const { dataId } of [tensor, copy]) backend.commandQueueOwnedIds.add(dataId);
    return copy;
  }

  /**
   * Records one dispatch.
   * @param tensors by the program's names, what it reads and what it writes
   * @param groups how many workgroups in x, y and z
   * @throws when there are more of them than the device takes
   */
  run(
    program: Program,
    tensors: Record<string, TensorInfo>,
    values: Values,
    groups: readonly [number, number?, number?],
  ): void {
    const { backend } = this;
    const most = backend.device.limits.maxComputeWorkgroupsPerDimension;
    if (groups.some((count) => count !== undefined && count > most))
      throw new Error(`webgpu: ${program.name} asks for ${groups} workgroups, ${most} is the most`);
    const pipeline = this.#pipeline(program);
    const buffers = [...program.reads, ...program.writes].map(({ name }) => {
      const { dataId } = tensors[name]!;
      backend.uploadToGPU(dataId);
      backend.commandQueueOwnedIds.add(dataId);
      return this.#held(tensors[name]!).resource!;
    });
    buffers.push(this.#uniforms(program, values));
    const bindGroup = backend.device.createBindGroup({
      layout: pipeline.getBindGroupLayout(0),
      entries: buffers.map((buffer, binding) => ({ binding, resource: { buffer } })),
    });
    backend.ensureCommandEncoderReady();
    backend.computePassEncoder ??= backend.commandEncoder!.beginComputePass();
    const pass = backend.computePassEncoder;
    pass.setPipeline(pipeline);
    pass.setBindGroup(0, bindGroup);
    pass.dispatchWorkgroups(...(groups as [number, number?, number?]));
    if (++backend.dispatchCountInPass < SUBMIT_AFTER) return;
    backend.endComputePassEncoder();
    backend.submitQueue();
  }

  #held(tensor: TensorInfo): Held {
    return this.backend.tensorMap.get(tensor.dataId) as unknown as Held;
  }

  #pipeline(program: Program): GPUComputePipeline {
    const known = this.#pipelines.get(program.name);
    if (known) return known;
    const { device } = this.backend;
    const code = headOf(program, this.subgroups) + program.body(this.subgroups);
    const module = device.createShaderModule({ code, label: program.name });
    const made = device.createComputePipeline({
      layout: 'auto',
      label: program.name,
      compute: { module, entryPoint: 'main' },
    });
    this.#pipelines.set(program.name, made);
    return made;
  }

  /** What a geometry says is kept for the next step; what changes with every step is written anew. */
  #uniforms(program: Program, values: Values): GPUBuffer {
    const words = wordsOf(program, values);
    const key = program.changing ? undefined : words.join();
    const known = key === undefined ? undefined : this.#constants.get(key);
    if (known) return known;
    const { backend } = this;
    const buffer = backend.bufferManager.acquireBuffer(
      words.byteLength,
      GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST,
    );
    backend.queue.writeBuffer(buffer, 0, words);
    if (key === undefined) backend.uniformPendingDisposal.push(buffer);
    else this.#constants.set(key, buffer);
    return buffer;
  }
}

const toFloat: Program = {
  name: 'toFloat',
  reads: [{ name: 'whole', type: 'i32' }],
  writes: [{ name: 'out', type: 'f32' }],
  numbers: { count: 'u32' },
  body: () => `
${entry(false)}
  for (var at = group.x * ${THREADS}u + local; at < uniforms.count; at += groups.x * ${THREADS}u) {
    out[at] = f32(whole[at]);
  }
}
`,
};
