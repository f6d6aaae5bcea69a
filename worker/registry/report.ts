import type { Support } from '../../shared/fewshot/contract.ts';
import { confusionOf, isMistaken, leaveOneOut } from '../../shared/fewshot/leave-one-out.ts';
import type { Report } from '../../shared/api/schemas/examples.ts';
import type { ClassTable } from './classes.ts';

/** Of the examples that look bad, at most so many are named: the worst. */
const NAMED = 20;

/**
 * What a class's examples say of it beside all other classes, for whoever looks for a bad example.
 * @param table the other classes; the class itself may be among them  @param ids the examples' names
 */
export function reportOf(
  { names, bank }: ClassTable,
  name: string,
  own: Support,
  ids: readonly string[],
): Report {
  const left = leaveOneOut(own, bank, names.indexOf(name));
  const { accuracy, way, mistaken, nearest } = confusionOf(left);
  const doubtful = Array.from(left.margins ?? [], (margin, index) => ({
    ...{ index, example: ids[index] as string, margin },
    nearest: names[left.nearest[index] as number] as string,
  }))
    .filter(({ margin }) => isMistaken(margin))
    .sort((a, b) => a.margin - b.margin)
    .slice(0, NAMED);
  return { accuracy, confusable: { name: names[way] as string, mistaken, nearest }, doubtful };
}
