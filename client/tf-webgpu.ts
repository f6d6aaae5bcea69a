import type { KernelBackend } from '@tensorflow/tfjs-core';
import { registerWebgpuKernels } from '../shared/kernels/webgpu/index.ts';
import { SGD_STEP } from '../shared/kernels/whole-model.ts';
import type { Tf } from '../shared/nn/params.ts';

/** What our shaders use where the adapter has it. */
const FEATURES = ['subgroups', 'timestamp-query', 'bgra8unorm-storage'] as const;

const LIMITS = [
  'maxStorageBuffersPerShaderStage',
  'maxComputeWorkgroupStorageSize',
  'maxComputeWorkgroupsPerDimension',
  'maxStorageBufferBindingSize',
  'maxBufferSize',
  'maxComputeWorkgroupSizeX',
  'maxComputeInvocationsPerWorkgroup',
] as const;

/**
 * Loads tfjs's webgpu backend with our kernels, on a device of our own: tfjs asks for no subgroups
 * and for eight buffers a shader. Without WebGPU tfjs registers no backend, and nor does this. Safe to call again.
 */
export async function loadWebgpu(tf: Tf): Promise<void> {
  const { WebGPUBackend } = await import('@tensorflow/tfjs-backend-webgpu');
  if (!tf.findBackendFactory('webgpu') || tf.getKernel(SGD_STEP, 'webgpu')) return;

  /** tfjs uploads through a new staging buffer each time; the queue's own staging is used again. */
  class Training extends WebGPUBackend {
    override uploadToGPU(dataId: object): void {
      const held = this.tensorMap.get(dataId);
      if (held.resource || !held.values) return super.uploadToGPU(dataId);
      const numbers = numbersOf(held.values as Numbers, held.dtype);
      const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST;
      const buffer = this.bufferManager.acquireBuffer(numbers.byteLength, usage);
      // Ahead of what is recorded and not submitted yet, which does no harm: a buffer comes back to
      // the pool only after the last work that used it was submitted.
      this.queue.writeBuffer(buffer, 0, numbers);
      held.resource = buffer;
      held.values = null as never;
    }
  }

  tf.removeBackend('webgpu');
  tf.registerBackend('webgpu', async () => {
    const adapter = await navigator.gpu.requestAdapter({ powerPreference: 'high-performance' });
    if (!adapter) throw new Error('WebGPU gives no adapter');
    const device = await adapter.requestDevice({
      requiredFeatures: FEATURES.filter((name) => adapter.features.has(name)) as GPUFeatureName[],
      requiredLimits: Object.fromEntries(LIMITS.map((name) => [name, adapter.limits[name]])),
    });
    return new Training(device, adapter.info) as unknown as KernelBackend;
  });
  registerWebgpuKernels(tf);
}

type Numbers = Float32Array<ArrayBuffer> | Int32Array<ArrayBuffer> | Uint8Array | number[];

/** As the shaders read them: whole numbers and truths as i32. */
function numbersOf(
  values: Numbers,
  dtype: string,
): Float32Array<ArrayBuffer> | Int32Array<ArrayBuffer> {
  if (dtype === 'float32')
    return values instanceof Float32Array ? values : new Float32Array(values);
  return values instanceof Int32Array ? values : new Int32Array(values);
}
