/**
 * The library for apps: `import { Shoal } from 'shoal/sdk'`, or in a page without a build
 * `import { Shoal } from 'https://your.edge/sdk.js'`.
 *
 * Every refusal is a `Problem` with `code`, `status`, `title`, `remedy` and `retryAfter`, of the class of its
 * hundred (`ClassProblem`: 6xx), and of its kind (`NotFound`, `Denied`, `Conflict`, `Busy`). When there
 * was no answer at all it is `Unreachable`.
 */
export { Shoal, type Asking } from './shoal.ts';
export type { RouteCall, ShoalOptions, Ways } from './client.ts';
export type { ImageSource } from './images.ts';
export type { Contribution, ContributionEvent } from './contribute.ts';
export type { LendOptions } from './lend.ts';
export type { TurnstileChallenge, Widget } from '../net/challenge.ts';
export type { OnProgress } from '../net/receive.ts';
export { Unreachable } from '../net/api.ts';
export * from '../net/problems.ts';
export { Problem, type ProblemCode } from '../../shared/api/problem.ts';
export type { BodyOf, ReplyOf, RouteName } from '../../shared/api/routes.ts';
