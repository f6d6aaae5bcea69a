import * as v from 'valibot';

/** A setting's range, both ends included: the conformance test reads it off the schema. */
export const between = (low: number, high: number) =>
  v.pipe(v.number(), v.minValue(low), v.maxValue(high));

export const wholeBetween = (low: number, high: number) =>
  v.pipe(v.number(), v.integer(), v.minValue(low), v.maxValue(high));
