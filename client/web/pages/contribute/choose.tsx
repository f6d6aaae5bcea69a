import { useState } from 'preact/hooks';
import type { Project } from '../../../../shared/api/schemas/projects.ts';
import { fromDrop, fromInput } from '../../../data/files.ts';
import { FilePick } from '../../parts/file-pick.tsx';
import { ErrorBox } from '../../parts/trouble.tsx';
import { say } from '../../text/language.ts';
import { words } from '../../text/contribute.ts';
import { chooseError, chooseFiles, chooseSample, chosen, reading, samples } from './model.ts';

const ACCEPT = 'image/*,.zip,application/zip';

/** Where the volunteer's images come from: files, a folder, an archive, the camera, or the sample shard. */
export function Choose({ project }: { project: Project }) {
  const [over, setOver] = useState(false);
  const drop = (event: DragEvent) => {
    event.preventDefault();
    setOver(false);
    if (event.dataTransfer) void chooseFiles(project, fromDrop(event.dataTransfer));
  };
  const take = (files: FileList) => void chooseFiles(project, fromInput(files));
  return (
    <div
      class={over ? 'drop over' : 'drop'}
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={drop}
    >
      <p class="drop-title">{say(over ? words.dropNow : words.drop)}</p>
      <p class="quiet">{say(words.imagesHint)}</p>
      <div class="buttons centre">
        <FilePick label={say(words.chooseFiles)} accept={ACCEPT} multiple onFiles={take} />
        <FilePick label={say(words.chooseFolder)} folder onFiles={take} class="only-wide" />
        <FilePick
          label={say(words.camera)}
          accept="image/*"
          camera
          onFiles={take}
          class="only-touch"
        />
      </div>
      <Samples project={project} />
      <Reading />
      {chooseError.value !== null && <ErrorBox error={chooseError.value} />}
      {chosen.value?.count === 0 && <p class="warn">{say(words.noneUsable)}</p>}
    </div>
  );
}

function Samples({ project }: { project: Project }) {
  const { size, channels } = project.plan.input;
  const sample = samples.value.find((one) => one.project === project.id) ?? samples.value[0];
  // The sample shard is 28 x 28 grey: a project that reads other images cannot use it as it is.
  if (!sample || size !== 28 || channels !== 1) return null;
  return (
    <p class="samples">
      <span class="quiet">{say(words.samplesHint, { n: sample.count, title: sample.title })}</span>{' '}
      <button type="button" class="link" onClick={() => void chooseSample(project, sample.file)}>
        {say(words.samples)}
      </button>
    </p>
  );
}

function Reading() {
  const now = reading.value;
  return (
    <div aria-live="polite">
      {now && (
        <p class="reading">
          {now.total === 0 ? say(words.unpacking) : say(words.preparing, now)}
          <progress {...(now.total > 0 ? { max: now.total, value: now.done } : {})} />
        </p>
      )}
    </div>
  );
}
