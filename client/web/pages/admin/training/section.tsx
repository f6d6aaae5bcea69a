import type { Project } from '../../../../../shared/api/schemas/projects.ts';
import { api } from '../../../parts/projects.ts';
import { ErrorBox } from '../../../parts/trouble.tsx';
import { useLoaded } from '../../../parts/work.ts';
import { stand, watchError } from '../watch.ts';
import { Rounds } from './rounds.tsx';
import { State } from './state.tsx';

/** Where training stands, and how the rounds before ended. */
export function TrainingSection({ project: { id } }: { project: Project }) {
  const rounds = useLoaded(
    (signal) => api.call('listRounds', { params: { project: id }, signal }),
    [id, stand.value],
  );
  const error = watchError.value ?? rounds.error;
  return (
    <>
      {error !== null && <ErrorBox error={error} onRetry={rounds.reload} />}
      <State project={id} />
      <Rounds rounds={rounds.value ?? []} />
    </>
  );
}
