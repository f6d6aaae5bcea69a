import type { BackendName } from './tf-probe.ts';

/** What drivers that compute on the CPU call themselves. */
const SOFTWARE = /swiftshader|llvmpipe|lavapipe|softpipe|software|basic render/i;

/**
 * The name of the software GPU that a backend would run on, if it would. Such a driver computes
 * right and thirty times slower than wasm, and compiling the shaders to find that out takes it
 * half a minute.
 */
export async function softwareGpu(backend: BackendName): Promise<string | undefined> {
  if (backend !== 'webgpu' && backend !== 'webgl') return undefined;
  const name = backend === 'webgpu' ? await webgpuName() : webglName();
  return name && SOFTWARE.test(name) ? name : undefined;
}

async function webgpuName(): Promise<string | undefined> {
  const adapter = await navigator.gpu?.requestAdapter();
  if (!adapter) return undefined;
  const { vendor, architecture, device, description, isFallbackAdapter } = adapter.info;
  const names = [vendor, architecture, device, description, isFallbackAdapter && 'software'];
  return names.filter(Boolean).join(' ');
}

function webglName(): string | undefined {
  if (typeof OffscreenCanvas === 'undefined') return undefined;
  const gl = new OffscreenCanvas(1, 1).getContext('webgl2');
  if (!gl) return undefined;
  const debug = gl.getExtension('WEBGL_debug_renderer_info');
  const name = String(gl.getParameter(debug?.UNMASKED_RENDERER_WEBGL ?? gl.RENDERER));
  // Browsers keep a few contexts only, and tfjs is about to want one.
  gl.getExtension('WEBGL_lose_context')?.loseContext();
  return name;
}
