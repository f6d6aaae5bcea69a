import { Problem, type ProblemCode, type ProblemHints } from '../../shared/api/problem.ts';

/** The numbers of one hundred: `Within<'6'>` is 601 | 602 | ... */
type Within<H extends string> = {
  [C in ProblemCode]: `${C}` extends `${H}${string}` ? C : never;
}[ProblemCode];

/** What the request itself was wrong about. */
export class RequestProblem extends Problem {
  declare readonly code: Within<'1'>;
  override readonly name = 'RequestProblem';
}

/** Who may do what: tokens, keys, tickets, quotas. */
export class AccessProblem extends Problem {
  declare readonly code: Within<'2'>;
  override readonly name = 'AccessProblem';
}

export class ProjectProblem extends Problem {
  declare readonly code: Within<'3'>;
  override readonly name = 'ProjectProblem';
}

/** Rounds and deltas. */
export class RoundProblem extends Problem {
  declare readonly code: Within<'4'>;
  override readonly name = 'RoundProblem';
}

export class ImageProblem extends Problem {
  declare readonly code: Within<'5'>;
  override readonly name = 'ImageProblem';
}

export class ClassProblem extends Problem {
  declare readonly code: Within<'6'>;
  override readonly name = 'ClassProblem';
}

/** Versions and weights. */
export class ModelProblem extends Problem {
  declare readonly code: Within<'7'>;
  override readonly name = 'ModelProblem';
}

/** The edge's own fault. */
export class ServerProblem extends Problem {
  declare readonly code: Within<'9'>;
  override readonly name = 'ServerProblem';
}

type Hundred<C extends ProblemCode> = `${C}` extends `${infer H}${string}` ? H : never;
type Family = new (code: never, detail: string, hints?: ErrorOptions & ProblemHints) => Problem;

/** By the first digit. A number of a hundred that is not here does not compile. */
const FAMILIES: Record<Hundred<ProblemCode>, Family> = {
  1: RequestProblem,
  2: AccessProblem,
  3: ProjectProblem,
  4: RoundProblem,
  5: ImageProblem,
  6: ClassProblem,
  7: ModelProblem,
  9: ServerProblem,
};

/** The problem of that number, as an instance of its family. */
export function problemOf(
  code: ProblemCode,
  detail: string,
  hints: ErrorOptions & ProblemHints = {},
): Problem {
  const Family = FAMILIES[String(code).charAt(0) as Hundred<ProblemCode>];
  return new Family(code as never, detail, hints);
}

/**
 * Problems by what a program does about them, whatever they are about: `instanceof` looks at the
 * status, so that one refusal is both a `ClassProblem` and `NotFound`.
 */
abstract class Kind extends Problem {
  static readonly statuses: readonly number[];

  static override [Symbol.hasInstance](this: typeof Kind, error: unknown): error is Problem {
    return error instanceof Problem && this.statuses.includes(error.status);
  }
}

/** There is no such thing: project, class, version, address. */
export abstract class NotFound extends Kind {
  static override readonly statuses = [404, 410];
}

/** Whoever calls may not: no key, a wrong one, or one that does not reach this far. */
export abstract class Denied extends Kind {
  static override readonly statuses = [401, 403];
}

/** What is there already stands against it. */
export abstract class Conflict extends Kind {
  static override readonly statuses = [409];
}

/** Not now: `retryAfter` says when, where the edge knows. */
export abstract class Busy extends Kind {
  static override readonly statuses = [429, 503];
}
