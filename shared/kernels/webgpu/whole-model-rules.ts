import { variants, type Program } from './program.ts';
import { entry, reduction, THREADS } from './workgroup.ts';

/** Workgroups that go through one tensor, each with a share of the sum of squares, and their threads. */
export const SHARES = 16;
const SHARE_THREADS = 64;

/** What is done to one number of every list; `scale` is what gradients are multiplied by. */
export type Rule = {
  name: string;
  reads: readonly string[];
  writes: readonly string[];
  numbers: Record<string, 'f32'>;
  /** WGSL for tensor `t` at `at`. */
  line: (t: number) => string;
};

const sizeFields = (count: number) =>
  Object.fromEntries(Array.from({ length: count }, (_, i) => [`size${i}`, 'u32' as const]));

/** The shares of the squared norm of `count` gradients, from the tensor `first` on. */
export const squares = variants((count: number): Program => ({
  name: `squares/${count}`,
  reads: each(count, (t) => `g${t}`).map((name) => ({ name, type: 'f32' })),
  writes: [{ name: 'norm', type: 'f32' }],
  numbers: { first: 'u32', ...sizeFields(count) },
  body: (subgroups) => `
${reduction('f32', subgroups, SHARE_THREADS)}
fn square(tensor: u32, at: u32) -> f32 {
  var value = 0.0;
  switch tensor {
    ${each(count, (t) => `case ${t}u: { value = g${t}[at]; }`).join('\n')}
    default: {}
  }
  return value * value;
}
${sizeSource(count)}
${entry(subgroups, SHARE_THREADS)}
  var sum = 0.0;
  for (var at = group.x * ${SHARE_THREADS}u + local; at < sizeOf(group.y); at += groups.x * ${SHARE_THREADS}u) {
    sum += square(group.y, at);
  }
  let total = reduce(sum, local, lanes);
  if (local == 0u) { norm[(uniforms.first + group.y) * ${SHARES}u + group.x] = total; }
}
`,
}));

const each = <T>(count: number, make: (i: number) => T) =>
  Array.from({ length: count }, (_, i) => make(i));

const sizeSource = (count: number) => `
fn sizeOf(tensor: u32) -> u32 {
  switch tensor {
    ${each(count, (t) => `case ${t}u: { return uniforms.size${t}; }`).join('\n')}
    default: { return 0u; }
  }
}
`;

const programs = new Map<string, Program>();

/** @param clips whether gradients are scaled by the norm's shares */
export function ruleProgram(rule: Rule, count: number, clips: boolean): Program {
  const name = `${rule.name}/${count}`;
  const known = programs.get(name);
  if (known) return known;
  const f32 = (list: string) => each(count, (t) => ({ name: `${list}${t}`, type: 'f32' }));
  const made: Program = {
    name,
    reads: [...rule.reads.flatMap(f32), ...(clips ? [{ name: 'norm', type: 'vec4f' }] : [])],
    writes: rule.writes.flatMap(f32),
    numbers: { ...rule.numbers, shares: 'u32', ...sizeFields(count) },
    changing: true,
    body: () => `
${sizeSource(count)}
${entry(false)}
  ${clips ? SCALE : ''}
  for (var at = group.x * ${THREADS}u + local; at < sizeOf(group.y); at += groups.x * ${THREADS}u) {
    switch group.y {
      ${each(count, (t) => `case ${t}u: { ${rule.line(t)} }`).join('\n')}
      default: {}
    }
  }
}
`,
  };
  programs.set(name, made);
  return made;
}

/** Every thread adds up all shares: a few hundred numbers that it finds in a cache, and no barrier. */
const SCALE = `
  var squares = vec4f(0);
  for (var i = 0u; i < uniforms.shares / 4u; i++) { squares += norm[i]; }
  let scale = min(1.0, uniforms.clip / sqrt(dot(squares, vec4f(1)) + 1e-12));`;

export const sgd: Rule = {
  name: 'sgd',
  reads: ['g'],
  writes: ['p', 'v'],
  numbers: { rate: 'f32', momentum: 'f32', clip: 'f32' },
  line: (t) => `
        let g = g${t}[at] * scale;
        let v = v${t}[at] * uniforms.momentum + g;
        v${t}[at] = v;
        p${t}[at] -= uniforms.rate * (g + uniforms.momentum * v);`,
};

export const adam: Rule = {
  name: 'adam',
  reads: ['g'],
  writes: ['p', 'm', 's'],
  numbers: { rate: 'f32', first: 'f32', second: 'f32', epsilon: 'f32', clip: 'f32' },
  line: (t) => `
        let g = g${t}[at] * scale;
        let m = m${t}[at] * uniforms.first + g * (1.0 - uniforms.first);
        let s = s${t}[at] * uniforms.second + g * g * (1.0 - uniforms.second);
        m${t}[at] = m;
        s${t}[at] = s;
        p${t}[at] -= uniforms.rate * m / (sqrt(s) + uniforms.epsilon);`,
};

export const average: Rule = {
  name: 'average',
  reads: ['p'],
  writes: ['a'],
  numbers: { decay: 'f32' },
  line: (t) => `
        a${t}[at] = a${t}[at] * uniforms.decay + p${t}[at] * (1.0 - uniforms.decay);`,
};
