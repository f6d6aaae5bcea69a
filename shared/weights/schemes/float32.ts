import { viewOf, type Scheme } from './scheme.ts';

const BYTES = 4;

/**
 * Every number as it is, IEEE 754 little-endian: four bytes a parameter, no error. The yardstick
 * of the other schemes, and the one to use when a result must be repeated bit for bit.
 */
export const float32: Scheme = {
  number: 1,
  title: 'float32, exact',
  feedback: false,

  bytes: (count) => BYTES * count,

  encode(values, out) {
    const view = viewOf(out);
    for (let i = 0; i < values.length; i++) view.setFloat32(BYTES * i, values[i]!, true);
  },

  accumulate(payload, sum, weight) {
    const view = viewOf(payload);
    for (let i = 0; i < sum.length; i++) sum[i]! += weight * view.getFloat32(BYTES * i, true);
  },

  decodeInto(payload, out) {
    const view = viewOf(payload);
    for (let i = 0; i < out.length; i++) out[i] = view.getFloat32(BYTES * i, true);
  },

  squares(payload, count) {
    const view = viewOf(payload);
    let total = 0;
    for (let i = 0; i < count; i++) total += view.getFloat32(BYTES * i, true) ** 2;
    return total;
  },

  finite(payload, count) {
    const view = viewOf(payload);
    for (let i = 0; i < count; i++)
      if (!Number.isFinite(view.getFloat32(BYTES * i, true))) return false;
    return true;
  },
};
