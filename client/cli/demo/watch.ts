import type { Project } from '../../../shared/api/schemas/projects.ts';
import type { Round } from '../../../shared/api/schemas/training.ts';
import type { Version } from '../../../shared/api/schemas/versions.ts';
import type { TrainingState } from '../../../shared/protocol/messages.ts';
import type { Api } from '../../net/api.ts';
import { connect } from '../../net/socket.ts';

export type Watcher = {
  /** Resolves when the predicate first holds. @throws when the time is up, naming where training stood. */
  until(predicate: (state: TrainingState) => boolean, seconds: number): Promise<TrainingState>;
  stop(): void;
};

/** Follows a project's training over the socket. */
export function watch(
  origin: string,
  project: string,
  onState: (state: TrainingState) => void,
): Watcher {
  const socket = connect(origin, project);
  let last: TrainingState | undefined;
  const waiting = new Set<(state: TrainingState) => void>();
  socket.on('state', (state) => {
    last = state;
    onState(state);
    for (const check of waiting) check(state);
  });
  return {
    until: (predicate, seconds) =>
      new Promise((resolve, reject) => {
        const timer = setTimeout(() => {
          waiting.delete(check);
          reject(new Error(`training stood still for ${seconds} s at ${JSON.stringify(last)}`));
        }, seconds * 1000);
        const check = (state: TrainingState) => {
          if (!predicate(state)) return;
          clearTimeout(timer);
          waiting.delete(check);
          resolve(state);
        };
        waiting.add(check);
        if (last) check(last);
      }),
    stop: () => void socket.disconnect(),
  };
}

/** Everything the edge says about a project's past. */
export async function history(
  api: Api,
  id: string,
): Promise<{ project: Project; rounds: Round[]; versions: Version[] }> {
  const params = { project: id };
  const [{ project }, rounds, versions] = await Promise.all([
    api.call('getProject', { params }),
    api.call('listRounds', { params }),
    api.call('listVersions', { params }),
  ]);
  return { project, rounds, versions };
}
