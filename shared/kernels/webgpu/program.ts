/** A storage buffer in WGSL: `var<storage> name: array<type>`. */
type Binding = { name: string; type: string };

/** A compute shader: its bindings and numbers are declared from here, the body uses them by name. */
export type Program = {
  /** Two programs of one name have the same source. */
  name: string;
  reads: readonly Binding[];
  writes: readonly Binding[];
  /** Fields of `uniforms`, four bytes each. */
  numbers: Readonly<Record<string, 'u32' | 'i32' | 'f32'>>;
  /** Set when the numbers differ from step to step. */
  changing?: true;
  /** The WGSL behind the declarations, `main` among it. */
  body(subgroups: boolean): string;
};

export type Values = Readonly<Record<string, number>>;

/** WGSL's declarations of a program. */
export function headOf({ reads, writes, numbers }: Program, subgroups: boolean): string {
  const fields = Object.entries(numbers).map(([name, type]) => `  ${name}: ${type},`);
  const bindings = [
    ...reads.map(({ name, type }) => `var<storage, read> ${name}: array<${type}>;`),
    ...writes.map(({ name, type }) => `var<storage, read_write> ${name}: array<${type}>;`),
    'var<uniform> uniforms: Uniforms;',
  ].map((line, i) => `@group(0) @binding(${i}) ${line}`);
  return [
    subgroups ? 'enable subgroups;' : '',
    `struct Uniforms {\n${fields.join('\n')}\n}`,
    ...bindings,
    '',
  ].join('\n');
}

/** The numbers as `uniforms` has them, filled up to whole 16 bytes. @throws when one is missing */
export function wordsOf({ name, numbers }: Program, values: Values): Uint32Array<ArrayBuffer> {
  const fields = Object.entries(numbers);
  const words = new Uint32Array(Math.ceil(fields.length / 4) * 4);
  const floats = new Float32Array(words.buffer);
  fields.forEach(([field, type], i) => {
    const value = values[field];
    if (value === undefined) throw new Error(`webgpu: ${name} is not told its ${field}`);
    if (type === 'f32') floats[i] = value;
    else words[i] = value;
  });
  return words;
}

/** Programs are made once a variant: their names are what pipelines are kept by. */
export function variants<Key extends readonly unknown[]>(
  make: (...key: Key) => Program,
): (...key: Key) => Program {
  const made = new Map<string, Program>();
  return (...key) => {
    const name = key.join();
    const program = made.get(name) ?? make(...key);
    made.set(name, program);
    return program;
  };
}
