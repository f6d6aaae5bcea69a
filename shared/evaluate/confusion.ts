/**
 * How often each class was taken for which: [classes, classes] in rows, row the true class, column the
 * named one. @throws when a label is none of the classes
 */
export function confusionOf(
  labels: ArrayLike<number>,
  named: ArrayLike<number>,
  classes: number,
): Uint32Array {
  const matrix = new Uint32Array(classes * classes);
  for (let i = 0; i < labels.length; i++) {
    const [label, name] = [labels[i]!, named[i]!];
    if (!(label >= 0 && label < classes && name >= 0 && name < classes))
      throw new Error(`confusion: class ${label} named ${name}, of ${classes}`);
    matrix[label * classes + name]!++;
  }
  return matrix;
}
