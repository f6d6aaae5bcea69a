import { useState } from 'preact/hooks';
import { Problem } from '../../../../../shared/api/problem.ts';
import type { Version } from '../../../../../shared/api/schemas/versions.ts';
import { Confirm } from '../../../parts/confirm.tsx';
import { adminApi, token } from '../../../parts/token.tsx';
import { ErrorBox } from '../../../parts/trouble.tsx';
import { useWork } from '../../../parts/work.ts';
import { say } from '../../../text/language.ts';
import { words } from '../../../text/versions.ts';
import { TaskBar, useTask } from './tasks.tsx';

export type MakeLiveProps = { project: string; version: Version; onLive: () => void };

/** The button that makes a version answer, forward or back, and how far that is. */
export function MakeLive({
  project,
  version: { number, state, expiredAt },
  onLive,
}: MakeLiveProps) {
  const [asked, setAsked] = useState<'sure' | 'unfit' | null>(null);
  const { busy, error, run } = useWork();
  const { task, follow } = useTask();
  const makeLive = async (force: boolean) => {
    const params = { project, version: String(number) };
    const query = { force: String(force) };
    try {
      const { task: begun } = await adminApi().call('makeLive', { params, query });
      if (begun) await follow(project, begun);
      onLive();
    } catch (problem) {
      if (!isUnfit(problem)) throw problem;
      setAsked('unfit');
    }
  };
  if (state === 'live' || expiredAt !== null) return null;
  return (
    <>
      <button
        type="button"
        class="small"
        disabled={busy || token.value === ''}
        onClick={() => setAsked('sure')}
      >
        {say(words.makeLive)}
      </button>
      <TaskBar task={task} />
      {error !== null && <ErrorBox error={error} />}
      {asked !== null && (
        <Confirm
          key={asked}
          title={say(words.makeLiveTitle, { n: number })}
          text={say(asked === 'unfit' ? words.unfitText : words.makeLiveText)}
          action={say(words.makeLive)}
          onConfirm={() => void run(() => makeLive(asked === 'unfit'))}
          onClose={() => setAsked(null)}
        />
      )}
    </>
  );
}

/** It recognises fewer validation images than what is live: only an admin who insists gets it. */
function isUnfit(problem: unknown): boolean {
  return problem instanceof Problem && problem.code === 704;
}
