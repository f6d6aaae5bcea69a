/**
 * Guo et al. 2017, equation 3: `ECE = sum_m |B_m| / n * |acc(B_m) - conf(B_m)|`, with `B_m` the images
 * whose likeliest class has a probability in ((m - 1) / 10, m / 10], m = 1 to 10.
 */
export function expectedCalibrationError(
  scores: readonly (readonly number[])[],
  labels: readonly number[],
  scale: number,
): number {
  const seen = scores.map((row, i) => {
    const powers = row.map((score) => Math.exp(scale * score));
    const confidence = Math.max(...powers) / powers.reduce((a, b) => a + b, 0);
    return { confidence, right: row.indexOf(Math.max(...row)) === labels[i] };
  });
  let error = 0;
  for (let m = 1; m <= 10; m++) {
    const bin = seen.filter(({ confidence: c }) => c > (m - 1) / 10 && c <= m / 10);
    if (bin.length === 0) continue;
    const accuracy = bin.filter(({ right }) => right).length / bin.length;
    const confidence = bin.reduce((sum, one) => sum + one.confidence, 0) / bin.length;
    error += (bin.length / seen.length) * Math.abs(accuracy - confidence);
  }
  return error;
}
