export const DAY_MS = 86_400_000;

/** What was used of a day, counted in UTC days since 1970. */
export type Used = { day: number; count: number };

/** One more of this day's. @returns null when there is none left */
export function spend(used: Used | undefined, day: number, most: number): Used | null {
  const count = used?.day === day ? used.count : 0;
  return count < most ? { day, count: count + 1 } : null;
}
