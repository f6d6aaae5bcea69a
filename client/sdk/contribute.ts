import { recipeOf, type Recipe } from '../../shared/api/recipe.ts';
import type { Tf } from '../../shared/nn/params.ts';
import type { LocalData } from '../../shared/objectives/contract.ts';
import { shardsOf } from '../../shared/rounds/shards.ts';
import type { ViewMaker } from '../../shared/train/view-order.ts';
import { Api } from '../net/api.ts';
import type { Widget } from '../net/challenge.ts';
import type { BackendName } from '../tf.ts';
import { TfDevice } from '../tf-device.ts';
import { memoryNeed, mostMemory, refuseTooMuch } from '../train/memory.ts';
import { Pace } from '../train/pace.ts';
import { Assignments } from './assignments.ts';
import { Desk } from './desk.ts';
import type { ContributionEvent } from './events.ts';
import { Line } from './line.ts';
import { Member } from './member.ts';
import { inMemory, type Memory } from './memory.ts';
import { Work } from './work.ts';

export type { ContributionEvent } from './events.ts';

export type ContributeOptions = {
  origin: string;
  project: string;
  tf: Tf;
  backend: BackendName;
  data: LocalData;
  signal: AbortSignal;
  onEvent: (event: ContributionEvent) => void;
  /** Shown to the person at the tab, where the edge asks for one before it gives a ticket. */
  widget?: Widget;
  /** Makes views in another thread; left out, the thread that learns makes them too. */
  viewMaker?: ViewMaker | undefined;
  /** What outlives a reload; nobody else may be using it. Left out, nothing does. */
  memory?: Memory;
};

/** A running contribution. `done` settles when it is stopped; it rejects when joining is refused, or for want of memory (305). */
export type Contribution = { pace: Pace; done: Promise<void> };

/**
 * Lends this tab to a project until the signal is aborted: joins, waits for rounds, learns from the
 * local images, sends back weight deltas. Images never reach the network code: `upload` takes
 * encoded deltas only. Whatever breaks meanwhile (the line, the edge, with a memory also the tab),
 * no step is taken twice that need not be, and no delta is counted twice.
 */
export function contribute(options: ContributeOptions): Contribution {
  const pace = new Pace(options.signal);
  return { pace, done: run(options, pace) };
}

async function run(options: ContributeOptions, pace: Pace): Promise<void> {
  const { origin, project: id, data, signal, widget, onEvent, memory = inMemory() } = options;
  const open = new Api(origin);
  const { project } = await open.call('getProject', { params: { project: id }, signal });
  const recipe = recipeOf(project.plan, project.classes.length);
  const { model, plan } = recipe;
  const need = memoryNeed(options.tf, recipe, data, mostMemory(deviceMemory()));
  onEvent({ kind: 'memory', ...need });
  refuseTooMuch(need);
  const desk = new Desk(memory, data, model, plan.codec);
  const shards = shardsOf(plan);
  const member = await Member.enter({
    origin,
    project: id,
    shards,
    memory,
    signal,
    widget,
    onEvent,
  });
  const { line, work, assignments } = assemble(options, { recipe, desk, member, pace });
  try {
    // First of all what is left from before: only then can an assignment be known as done.
    const unsent = await desk.unsent();
    if (unsent) assignments.begin(unsent, ({ sending }) => work.send(unsent, sending));
    await line.stay();
  } finally {
    assignments.stop('stopped');
  }
}

/** In GB; browsers of one kind only tell, and Node does not. */
function deviceMemory(): number | undefined {
  return (globalThis.navigator as { deviceMemory?: number } | undefined)?.deviceMemory;
}

type Parts = { recipe: Recipe; desk: Desk; member: Member; pace: Pace };

/** The line brings assignments, their work is done in turn, and has its say on the line. */
function assemble(options: ContributeOptions, { recipe, desk, member, pace }: Parts) {
  const { origin, project, tf, backend, data, viewMaker, signal, onEvent } = options;
  const wake = new EventTarget();
  const hurry = () => void wake.dispatchEvent(new Event('wake'));
  const line: Line = new Line({
    ...{ origin, project, member, signal },
    hello: { backend, images: data.count },
    onEvent: (event) => {
      if (event.kind === 'connected') hurry();
      onEvent(event);
    },
    onAssignment: (assignment) => assignments.take(assignment),
    onClosed: (round, reason) => {
      if (assignments.close(round, reason)) onEvent({ kind: 'closed', round, reason });
    },
  });
  const work = new Work({
    ...{ origin, tf, data, viewMaker, project, recipe, pace, desk, voice: line },
    ...{ signal, wake, onEvent, device: new TfDevice({ tf, backend }) },
    onTicketRefused: (problem) => line.refused(problem),
  });
  const assignments = new Assignments({ work: (...job) => work.do(...job), hurry });
  return { line, work, assignments };
}
