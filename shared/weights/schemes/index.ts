import { float16 } from './float16.ts';
import { float32 } from './float32.ts';
import { int4 } from './int4.ts';
import { int8 } from './int8.ts';
import { onebit } from './onebit.ts';
import type { Scheme } from './scheme.ts';
import { topk } from './topk.ts';

/** Every scheme, by its file's name: the codec, plan validation and forms read this table. */
export const SCHEMES = { float32, float16, int8, int4, onebit, topk } satisfies Record<
  string,
  Scheme
>;

export type SchemeId = keyof typeof SCHEMES;

/** The scheme of a header's number. Own keys only, so that no byte can name `toString`. */
export function schemeOf(number: number): SchemeId | undefined {
  return (Object.keys(SCHEMES) as SchemeId[]).find((id) => SCHEMES[id].number === number);
}
