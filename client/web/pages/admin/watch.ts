import { computed, signal } from '@preact/signals';
import type { Progress, TrainingState } from '../../../../shared/protocol/messages.ts';
import { connect } from '../../../net/socket.ts';
import { ORIGIN, api } from '../../parts/projects.ts';

export const training = signal<TrainingState | null>(null);
export const connected = signal(false);
/** The latest word of each volunteer in the open round. */
export const atWork = signal<ReadonlyMap<string, Progress>>(new Map());
export const watchError = signal<unknown>(null);

/** Changes when a round ends or a version goes live: lists are fetched anew then, nothing is polled. */
export const stand = computed(() => {
  const state = training.value;
  return state ? [state.phase, state.round, state.version].join() : '';
});

/** Follows a project live. @returns what ends it */
export function watch(project: string): () => void {
  training.value = null;
  watchError.value = null;
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
    .catch((problem: unknown) => (watchError.value = problem));
  return () => {
    socket.disconnect();
    connected.value = false;
  };
}
