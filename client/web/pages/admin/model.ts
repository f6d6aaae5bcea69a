import { effect, signal } from '@preact/signals';
import type { ClassInfo, Round, Version } from '../../../../shared/api/schemas.ts';
import type { Progress, TrainingState } from '../../../../shared/protocol/messages.ts';
import { connect } from '../../../net/socket.ts';
import { ORIGIN, api } from '../../parts/projects.ts';
import { adminApi } from '../../parts/token.tsx';

export const training = signal<TrainingState | null>(null);
export const connected = signal(false);
/** The latest word of each volunteer in the open round. */
export const atWork = signal<ReadonlyMap<string, Progress>>(new Map());
export const rounds = signal<Round[]>([]);
export const versions = signal<Version[]>([]);
export const classes = signal<ClassInfo[]>([]);
export const error = signal<unknown>(null);

/** Follows a project live. @returns what ends it */
export function watch(project: string): () => void {
  training.value = null;
  [rounds.value, versions.value, classes.value] = [[], [], []];
  const socket = connect(ORIGIN, project);
  socket.on('connect', () => (connected.value = true));
  socket.on('disconnect', () => (connected.value = false));
  socket.on('state', (state) => {
    if (state.round !== training.value?.round || state.phase !== 'training')
      atWork.value = new Map();
    training.value = state;
  });
  socket.on('progress', ({ volunteer, ...progress }) => {
    atWork.value = new Map(atWork.value).set(volunteer, progress);
  });
  // The first state comes by HTTP: it is there even where sockets are blocked.
  void api
    .call('getProject', { params: { project } })
    .then((state) => (training.value ??= state.training))
    .catch((problem: unknown) => (error.value = problem));
  const stop = refreshOnChange(project);
  return () => {
    stop();
    socket.disconnect();
    connected.value = false;
  };
}

/** The lists change when a round ends or a version goes live: the state says so, nothing is polled. */
function refreshOnChange(project: string): () => void {
  let known = '';
  return effect(() => {
    const state = training.value;
    const now = state ? [state.phase, state.round, state.version].join() : '';
    if (now === known) return;
    known = now;
    void refresh(project);
  });
}

export async function refresh(project: string): Promise<void> {
  const params = { project };
  try {
    [rounds.value, versions.value, classes.value] = await Promise.all([
      api.call('listRounds', { params }),
      api.call('listVersions', { params }),
      api.call('listClasses', { params }),
    ]);
  } catch (problem) {
    error.value = problem;
  }
}

/** Runs what an admin asked for; trouble is shown on the page, and the lists are fetched anew. */
async function act(project: string, action: () => Promise<unknown>): Promise<void> {
  error.value = null;
  try {
    await action();
    await refresh(project);
  } catch (problem) {
    error.value = problem;
  }
}

export function startRounds(project: string, count: number): Promise<void> {
  return act(project, async () => {
    training.value = await adminApi().call('startTraining', {
      params: { project },
      json: { rounds: count },
    });
  });
}

export function stopRounds(project: string): Promise<void> {
  return act(project, async () => {
    training.value = await adminApi().call('stopTraining', { params: { project } });
  });
}

export function rollback(project: string, version: number): Promise<void> {
  return act(project, () =>
    adminApi().call('rollback', { params: { project, version: String(version) } }),
  );
}

export function removeClass(project: string, name: string): Promise<void> {
  return act(project, () => adminApi().call('removeClass', { params: { project, class: name } }));
}
