/** A row is one image's numbers, a number a class. */
export type Rows = readonly (readonly number[])[];

/**
 * Sohn et al. 2020 (FixMatch), equation 4: `1/(mu B) sum_b 1[max q_b >= tau] H(argmax q_b, p(A(u_b)))`,
 * where q is what the model says of the weak view and p what it says of the strong one.
 */
export function fixMatchLoss(weak: Rows, strongLogits: Rows, threshold: number): number {
  let sum = 0;
  for (let b = 0; b < weak.length; b++) {
    const likeliest = argMax(weak[b]!);
    if (weak[b]![likeliest]! >= threshold) sum += -Math.log(softmax(strongLogits[b]!)[likeliest]!);
  }
  return sum / weak.length;
}

/**
 * Berthelot et al. 2020 (ReMixMatch), section 3.1: `Normalize(q * p(y) / p~(y))`, p(y) the classes'
 * share among the labelled images, which is uniform here, p~(y) the mean of the predictions.
 */
export function align(probabilities: Rows, meanPrediction: readonly number[]): Rows {
  const uniform = 1 / meanPrediction.length;
  return probabilities.map((q) => normalise(q.map((p, c) => (p * uniform) / meanPrediction[c]!)));
}

/** Berthelot et al. 2019 (MixMatch), equation 7. */
export function sharpen(probabilities: Rows, temperature: number): Rows {
  return probabilities.map((q) => normalise(q.map((p) => p ** (1 / temperature))));
}

/** The mean over several tables of the same images, element by element. */
export function meanOf(tables: readonly Rows[]): Rows {
  return tables[0]!.map((row, i) =>
    row.map((_, c) => tables.reduce((sum, table) => sum + table[i]![c]!, 0) / tables.length),
  );
}

/** The mean over the images, a number a class. */
export function columnMeans(rows: Rows): number[] {
  return rows[0]!.map((_, c) => rows.reduce((sum, row) => sum + row[c]!, 0) / rows.length);
}

export function softmax(logits: readonly number[]): number[] {
  return normalise(logits.map((logit) => Math.exp(logit)));
}

export function argMax(row: readonly number[]): number {
  return row.indexOf(Math.max(...row));
}

function normalise(row: readonly number[]): number[] {
  const sum = row.reduce((a, b) => a + b, 0);
  return row.map((value) => value / sum);
}
