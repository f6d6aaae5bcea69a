import { useEffect, useRef, useState } from 'preact/hooks';
import { Problem, type ProblemCode } from '../../../../../shared/api/problem.ts';
import type { Task } from '../../../../../shared/api/schemas/versions.ts';
import { adminApi } from '../../../parts/token.tsx';
import { percent, say } from '../../../text/language.ts';
import { words } from '../../../text/versions.ts';

const POLL_MS = 500;

export type Follower = {
  /** What is being done behind a reply; null when nothing is. */
  task: Task | null;
  /** @returns the task at its end. @throws Problem as which it failed */
  follow: (project: string, task: Task) => Promise<Task>;
};

/** Follows what goes on behind a 202 to its end, as long as somebody looks. */
export function useTask(): Follower {
  const [task, setTask] = useState<Task | null>(null);
  const gone = useRef(new AbortController());
  useEffect(() => {
    const mine = new AbortController();
    gone.current = mine;
    return () => mine.abort();
  }, []);
  const follow = async (project: string, begun: Task): Promise<Task> => {
    const { signal } = gone.current;
    let now = begun;
    try {
      while (now.state === 'working') {
        setTask(now);
        await new Promise((resolve) => setTimeout(resolve, POLL_MS));
        signal.throwIfAborted();
        const params = { project, task: now.id };
        now = await adminApi().call('getTask', { params, signal });
      }
    } finally {
      setTask(null);
    }
    const { problem } = now;
    if (problem) throw new Problem(problem.code as ProblemCode, problem.detail);
    return now;
  };
  return { task, follow };
}

export function TaskBar({ task }: { task: Task | null }) {
  return (
    <div aria-live="polite">
      {task && (
        <label class="bar task">
          <span>{say(words[task.kind])}</span>
          <span class="quiet">{percent(task.progress, 0)}</span>
          <progress value={task.progress} max={1} />
        </label>
      )}
    </div>
  );
}
