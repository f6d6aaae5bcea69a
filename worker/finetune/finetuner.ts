import { DurableObject } from 'cloudflare:workers';
import { Problem } from '../../shared/api/problem.ts';
import type { Task } from '../../shared/api/schemas/versions.ts';
import type { Verdict } from '../../shared/rounds/round.ts';
import type { Env } from '../env.ts';
import { retire } from '../registry/retention.ts';
import { announcePersistence } from '../rounds/persist.ts';
import { learn, type Job } from './learn.ts';
import { advance, type Run } from './run.ts';
import { idOf, newTask, perform, type Order, type StoredTask } from './tasks.ts';

/** Work between two alarms, in ms: far below what one event may take on the platform. */
const SLICE_MS = 2000;

/** Tasks that have ended are told of for a day. */
const REMEMBERED_MS = 86_400_000;

const TASK = 'task:';

/**
 * What takes its time with a project's versions, in an object of its own: an object that trains answers
 * nobody meanwhile. The rounds' job and admins' orders are stored before they are begun, and move on
 * slice by slice with the alarm; torn down in the middle they are begun again.
 */
export class Finetuner extends DurableObject<Env> {
  #learning: Run<Verdict> | undefined;
  readonly #runs = new Map<string, Run<number>>();

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    announcePersistence(env.TRACE_PERSISTENCE === '1');
  }

  /** Takes a job on; the same job again changes nothing. The coordinator hears `judged` or `failed`. */
  async start(job: Job): Promise<void> {
    const current = await this.ctx.storage.get<Job>('job');
    if (!isSame(current, job)) {
      await this.#stopLearning();
      await this.ctx.storage.put('job', job);
    } else if (await this.ctx.storage.getAlarm()) return;
    await this.ctx.storage.setAlarm(Date.now());
  }

  /** Takes an order on; one that is being carried out is not begun again. */
  async order(order: Order): Promise<Task> {
    const key = TASK + idOf(order);
    const known = await this.ctx.storage.get<StoredTask>(key);
    const isSameOrder = JSON.stringify(known?.order) === JSON.stringify(order);
    if (known?.task.state === 'working' && isSameOrder) return known.task;
    await this.#stop(key);
    const task = newTask(order);
    await this.ctx.storage.put(key, { task, order } satisfies StoredTask);
    await this.ctx.storage.setAlarm(Date.now());
    return task;
  }

  async task(id: string): Promise<Task | null> {
    return (await this.ctx.storage.get<StoredTask>(TASK + id))?.task ?? null;
  }

  /** Another version is live, or there is one more: what is not kept may be let go. */
  async sweep(project: string): Promise<void> {
    await this.ctx.storage.put('sweep', project);
    await this.ctx.storage.setAlarm(Date.now());
  }

  /** Whatever fails outside of a task or the job leaves it with an error, and the platform rings it again. */
  override async alarm(): Promise<void> {
    const isLearning = await this.#learnOn();
    const isWorking = await this.#workOn();
    if (isLearning || isWorking) await this.ctx.storage.setAlarm(Date.now());
    const project = await this.ctx.storage.get<string>('sweep');
    if (project !== undefined) await this.#sweep(project);
  }

  /** @returns whether there is more to do */
  async #learnOn(): Promise<boolean> {
    const job = await this.ctx.storage.get<Job>('job');
    if (!job) return false;
    const coordinator = this.env.COORDINATOR.getByName(job.project);
    const run = (this.#learning ??= learn(this.env, job));
    const outcome = await advance(run, SLICE_MS).catch((error: unknown) => {
      console.error('finetune', job.project, job.round, error);
      return { failure: `the server's step failed: ${(error as Error).message}` };
    });
    // Another job came in the middle of the slice, and ended this run.
    if (this.#learning !== run) return true;
    if ('done' in outcome && !outcome.done) {
      await coordinator.serverProgressed(job.round, outcome.value);
      return true;
    }
    // What cannot be told now is found again when the alarm rings again: the version is written down.
    this.#learning = undefined;
    if ('failure' in outcome) await coordinator.serverFailed(job.round, outcome.failure);
    else await coordinator.judged(job.round, outcome.value as Verdict);
    const current = await this.ctx.storage.get<Job>('job');
    // Telling the coordinator may have brought the next job already.
    if (!isSame(current, job)) return true;
    await this.ctx.storage.delete('job');
    await this.ctx.storage.put('sweep', job.project);
    return false;
  }

  /** The oldest task first; one at a time, for each holds a network. @returns whether there is more to do */
  async #workOn(): Promise<boolean> {
    const tasks = [...(await this.ctx.storage.list<StoredTask>({ prefix: TASK }))];
    const working = tasks
      .filter(([, { task }]) => task.state === 'working')
      .sort(([, a], [, b]) => a.task.startedAt - b.task.startedAt);
    const [next] = working;
    if (!next) return false;
    const [key, { task, order }] = next;
    let run = this.#runs.get(key);
    if (!run) this.#runs.set(key, (run = perform(this.env, order)));
    const moved = await advance(run, SLICE_MS).then(
      ({ done, value }): Partial<Task> =>
        done ? { state: 'done', progress: 1, version: value } : { progress: value },
      (error: unknown): Partial<Task> => ({ state: 'failed', problem: problemOf(error, task) }),
    );
    // Another order of the same name came in the middle of the slice, and ended this run.
    if (this.#runs.get(key) !== run) return true;
    const hasEnded = moved.state !== undefined;
    const endedAt = hasEnded ? Date.now() : null;
    await this.ctx.storage.put(key, { order, task: { ...task, ...moved, endedAt } });
    if (!hasEnded) return true;
    this.#runs.delete(key);
    await this.#forget(tasks);
    await this.ctx.storage.put('sweep', order.project);
    return working.length > 1;
  }

  async #sweep(project: string): Promise<void> {
    const tasks = await this.ctx.storage.list<StoredTask>({ prefix: TASK });
    const pending = [...tasks.values()].flatMap(({ task, order }) =>
      order.kind === 'import' && task.state === 'working' ? [order.weights] : [],
    );
    await retire(this.env, this.ctx.storage, project, pending);
    await this.ctx.storage.delete('sweep');
  }

  async #forget(tasks: [string, StoredTask][]): Promise<void> {
    const before = Date.now() - REMEMBERED_MS;
    for (const [key, { task }] of tasks)
      if (task.endedAt !== null && task.endedAt < before) await this.ctx.storage.delete(key);
  }

  async #stopLearning(): Promise<void> {
    const learning = this.#learning;
    this.#learning = undefined;
    await learning?.return(undefined as never);
  }

  async #stop(key: string): Promise<void> {
    const run = this.#runs.get(key);
    this.#runs.delete(key);
    await run?.return(undefined as never);
  }
}

function isSame(a: Job | undefined, b: Job): boolean {
  return a?.round === b.round && a.weights === b.weights;
}

function problemOf(error: unknown, { id }: Task): Task['problem'] {
  if (error instanceof Problem) return { code: error.code, detail: error.message };
  console.error('task', id, error);
  return { code: 901, detail: 'an error that we did not foresee' };
}
