/** Rows of a flat table, copied, in the order that they are named in. @param table [any, columns] */
export function pickRows(
  table: Float32Array,
  rows: readonly number[],
  columns: number,
): Float32Array<ArrayBuffer> {
  const out = new Float32Array(rows.length * columns);
  rows.forEach((row, i) =>
    out.set(table.subarray(row * columns, (row + 1) * columns), i * columns),
  );
  return out;
}
