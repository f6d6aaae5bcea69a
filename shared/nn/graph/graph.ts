/** A value that is computed later. Its first dimension is the batch, -1 as in a TensorFlow graph. */
export type Symbol = { node: string; shape: readonly number[] };

/** Attributes as TensorFlow's NodeDef has them in JSON. */
export type Attribute =
  | { type: string }
  | { shape: { dim: { size: string }[] } }
  | { list: { i: string[] } }
  | { s: string }
  | { b: boolean };

export type GraphNode = {
  name: string;
  op: string;
  input: string[];
  attr: Record<string, Attribute>;
};

/** Numbers that belong to the graph and not to the weights: shapes, axes, small constants. */
export type Constant = {
  name: string;
  dtype: 'float32' | 'int32';
  shape: number[];
  data: number[];
};

/** Operations in the order in which they were called: every input stands before its user. */
export class Graph {
  readonly nodes: GraphNode[] = [];
  readonly constants: Constant[] = [];
  readonly #counts = new Map<string, number>();

  placeholder(name: string, shape: readonly number[]): Symbol {
    const attr = { dtype: FLOAT, shape: shapeOf(shape) };
    this.nodes.push({ name, op: 'Placeholder', input: [], attr });
    return { node: name, shape };
  }

  /** A weight: its numbers are found by its name. */
  weight(name: string, shape: readonly number[]): Symbol {
    this.#const(name, FLOAT, shape);
    return { node: name, shape };
  }

  /** The same numbers are one constant, however often they are asked for. */
  constant(dtype: Constant['dtype'], shape: number[], data: number[]): Symbol {
    const same = this.constants.find(
      (one) =>
        one.dtype === dtype &&
        String(one.shape) === String(shape) &&
        String(one.data) === String(data),
    );
    if (same) return { node: same.name, shape };
    const name = `constant/${this.constants.length}`;
    this.constants.push({ name, dtype, shape, data });
    this.#const(name, dtype === 'float32' ? FLOAT : { type: 'DT_INT32' }, shape);
    return { node: name, shape };
  }

  operation(
    op: string,
    inputs: readonly Symbol[],
    shape: readonly number[],
    attr: GraphNode['attr'] = {},
  ): Symbol {
    const number = (this.#counts.get(op) ?? 0) + 1;
    this.#counts.set(op, number);
    const name = `${op}/${number}`;
    const input = inputs.map(({ node }) => node);
    this.nodes.push({ name, op, input, attr: { T: FLOAT, ...attr } });
    return { node: name, shape };
  }

  /** Gives a value the name by which it is asked for. */
  output(name: string, { node }: Symbol): void {
    this.nodes.push({ name, op: 'Identity', input: [node], attr: { T: FLOAT } });
  }

  #const(name: string, dtype: Attribute, shape: readonly number[]): void {
    // Shape and type only: tfjs takes the numbers out of the weights' manifest.
    const value = { tensor: { dtype: (dtype as { type: string }).type, tensorShape: dims(shape) } };
    const attr = { dtype, value: value as unknown as Attribute };
    this.nodes.push({ name, op: 'Const', input: [], attr });
  }
}

const FLOAT = { type: 'DT_FLOAT' };

function shapeOf(shape: readonly number[]): Attribute {
  return { shape: dims(shape) };
}

function dims(shape: readonly number[]) {
  return { dim: shape.map((size) => ({ size: String(size) })) };
}
