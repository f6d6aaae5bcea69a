import * as v from 'valibot';

/** A class's name, as people write it. */
export const name = v.pipe(v.string(), v.trim(), v.minLength(1), v.maxLength(64));
export const text = v.pipe(v.string(), v.maxLength(200));
/** Eight megabytes of file at most. */
export const base64 = v.pipe(v.string(), v.base64(), v.maxLength(11_000_000));
/** In [0, 1]. */
export const share = v.pipe(v.number(), v.minValue(0), v.maxValue(1));

export const SlugSchema = v.pipe(
  v.string(),
  v.regex(/^[a-z0-9][a-z0-9-]{0,47}$/, 'lower-case letters, digits and hyphens, at most 48'),
);

/** A whole number in a query, which is text. */
export const whole = (least: number, most: number) =>
  v.pipe(
    v.string(),
    v.regex(/^\d{1,15}$/, 'a whole number'),
    v.toNumber(),
    v.minValue(least),
    v.maxValue(most),
  );
