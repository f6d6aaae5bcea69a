/** Rounds of a toy project, from their opening to what became of them. */
import type { Round } from '../../shared/api/schemas/training.ts';
import type { Assignment, TrainingState } from '../../shared/protocol/messages.ts';
import type { TestEdge } from './edge.ts';
import type { Line } from './line.ts';
import { liveToyProject, weightsOf, type PlanPatch } from './project.ts';
import { arrivedVolunteers, type ToyVolunteer } from './volunteer.ts';

export type Opened = {
  project: string;
  volunteers: ToyVolunteer[];
  /** What each was asked, in the same order. */
  assignments: Assignment[];
  /** The weights that round 1 starts from. */
  base: Float32Array;
};

/** A new project with its first round open for so many volunteers, all of whom were asked. */
export async function openRound(
  edge: TestEdge,
  project: string,
  patch: PlanPatch,
  { volunteers: count, rounds = 1 }: { volunteers: number; rounds?: number },
): Promise<Opened> {
  const made = await liveToyProject(edge, project, patch);
  const volunteers = await arrivedVolunteers(edge, project, count);
  await startRounds(edge, project, rounds);
  const assignments = await Promise.all(volunteers.map((one) => one.assignment(1)));
  // What the lines heard before lies behind them.
  const isOpen = ({ phase, asked }: TrainingState) => phase === 'training' && asked === count;
  await Promise.all(volunteers.map((one) => one.line.state('round 1 is open', isOpen)));
  const base = await weightsOf(edge.anyone, made.project.live!.weights);
  return { project, volunteers, assignments, base };
}

export function startRounds(edge: TestEdge, project: string, rounds: number): Promise<unknown> {
  return edge.admin.call('startTraining', { params: { project }, json: { rounds } });
}

export function stopRounds(edge: TestEdge, project: string): Promise<TrainingState> {
  return edge.admin.call('stopTraining', { params: { project } });
}

/** Whether a round has come to its end, good or bad. */
const isOver = (number: number) => (state: TrainingState) =>
  state.round > number ||
  (state.round === number && (state.phase === 'idle' || state.phase === 'gathering'));

/** Waits on a line for the end of a round. @returns what the API says of it. */
export async function outcomeOf(
  edge: TestEdge,
  project: string,
  number: number,
  line: Line,
): Promise<Round> {
  await line.state(`round ${number} of "${project}" is over`, isOver(number));
  const rounds = await edge.anyone.call('listRounds', { params: { project } });
  const round = rounds.find((one) => one.number === number);
  if (!round) throw new Error(`round ${number} of "${project}" is over but not listed`);
  return round;
}
