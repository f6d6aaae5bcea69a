import { useState } from 'preact/hooks';
import { SAFETENSORS_TYPE, ZIP_TYPE } from '../../../../../shared/api/media.ts';
import { FilePick } from '../../../parts/file-pick.tsx';
import { adminApi } from '../../../parts/token.tsx';
import { ErrorBox } from '../../../parts/trouble.tsx';
import { useWork } from '../../../parts/work.ts';
import { say } from '../../../text/language.ts';
import { words } from '../../../text/versions.ts';
import { TaskBar, useTask } from './tasks.tsx';

/** A model from a file becomes a version. */
export function Bring({ project, onBrought }: { project: string; onBrought: () => void }) {
  const [made, setMade] = useState<number | null>(null);
  const { busy, error, run } = useWork();
  const { task, follow } = useTask();
  const bring = async (file: File) => {
    setMade(null);
    const begun = await adminApi().call('importVersion', {
      params: { project },
      bytes: new Uint8Array(await file.arrayBuffer()),
      type: file.name.endsWith('.zip') ? ZIP_TYPE : SAFETENSORS_TYPE,
    });
    const { version } = await follow(project, begun);
    setMade(version);
    onBrought();
  };
  return (
    <section class="card" aria-labelledby="bring-title">
      <h2 id="bring-title">{say(words.bring)}</h2>
      <p class="quiet">{say(words.bringHint)}</p>
      <FilePick
        label={say(words.bringChoose)}
        accept=".safetensors,.zip"
        disabled={busy}
        onFiles={([file]) => void (file && run(() => bring(file)))}
      />
      <p class="quiet" role="status">
        {busy && !task && say(words.sending)}
        {made !== null && say(words.brought, { n: made })}
      </p>
      <TaskBar task={task} />
      {error !== null && <ErrorBox error={error} />}
    </section>
  );
}
