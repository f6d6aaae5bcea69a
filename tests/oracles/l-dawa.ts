/**
 * Rehman et al. 2023, on weights: each layer of each client times its cosine with the global model's
 * layer of the round before, and then the mean over the clients.
 * @param sizes the layers' sizes, one after another in every vector
 */
export function lDawa(
  clients: readonly (readonly number[])[],
  global: readonly number[],
  sizes: readonly number[],
): number[] {
  const next: number[] = [];
  let from = 0;
  for (const size of sizes) {
    const layerOf = (model: readonly number[]) => model.slice(from, from + size);
    const scaled = clients.map((client) => {
      const cosine = cosineOf(layerOf(client), layerOf(global));
      return layerOf(client).map((value) => value * cosine);
    });
    for (let i = 0; i < size; i++)
      next.push(scaled.reduce((sum, layer) => sum + layer[i]!, 0) / clients.length);
    from += size;
  }
  return next;
}

function cosineOf(a: readonly number[], b: readonly number[]): number {
  const dot = a.reduce((sum, value, i) => sum + value * b[i]!, 0);
  return dot / (Math.hypot(...a) * Math.hypot(...b));
}
