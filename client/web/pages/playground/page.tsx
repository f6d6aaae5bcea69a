import { useEffect, useState } from 'preact/hooks';
import type { ClassAdded } from '../../../../shared/api/schemas/classes.ts';
import type { Project } from '../../../../shared/api/schemas/projects.ts';
import { decodeImage, fromPixels, Unreadable } from '../../../data/decode.ts';
import { FilePick } from '../../parts/file-pick.tsx';
import { NewClass } from '../../parts/new-class.tsx';
import { Pad } from '../../parts/pad.tsx';
import { ProjectPicker, WithProject } from '../../parts/project-picker.tsx';
import { loadProjects, project } from '../../parts/projects.ts';
import { Shell } from '../../parts/shell.tsx';
import { say } from '../../text/language.ts';
import { skipped } from '../../text/page.ts';
import { words } from '../../text/playground.ts';
import { Answer } from './answer.tsx';
import { added, ask, error, forget, startOver } from './model.ts';

export function PlaygroundPage() {
  useEffect(() => void loadProjects(), []);
  return (
    <Shell current="playground" project={project.value?.id}>
      <div class="hero">
        <h1>{say(words.headline)}</h1>
        <p class="lead">{say(words.lead)}</p>
      </div>
      <WithProject>{(one) => <Playground key={one.id} project={one} />}</WithProject>
    </Shell>
  );
}

function Playground({ project: one }: { project: Project }) {
  useEffect(startOver, [one.id]);
  return (
    <>
      <Ask project={one} />
      <section class="card" aria-labelledby="teach-title">
        <h2 id="teach-title">{say(words.teach)}</h2>
        <p class="quiet">{say(words.teachLead)}</p>
        <NewClass project={one} withToken onAdded={(known) => (added.value = known)} />
        <div aria-live="polite">{added.value && <Added known={added.value} />}</div>
      </section>
    </>
  );
}

function Ask({ project: one }: { project: Project }) {
  const { input } = one.plan;
  const [sheet, setSheet] = useState(0);
  const read = async (file: File | undefined) => {
    if (!file) return;
    setSheet(sheet + 1);
    try {
      await ask(one.id, await decodeImage(file, input));
    } catch (problem) {
      forget();
      error.value =
        problem instanceof Unreadable
          ? new Error(`${file.name}: ${say(skipped[problem.reason])}`)
          : problem;
    }
  };
  const drop = (event: DragEvent) => {
    event.preventDefault();
    void read(event.dataTransfer?.files[0]);
  };
  return (
    <section
      class="card"
      aria-labelledby="ask-title"
      onDragOver={(event) => event.preventDefault()}
      onDrop={drop}
    >
      <div class="row">
        <h2 id="ask-title">{one.title}</h2>
        <ProjectPicker />
      </div>
      <div class="ask">
        <div>
          <Pad
            sheet={sheet}
            label={say(words.draw)}
            onChange={(drawing) =>
              drawing ? void ask(one.id, fromPixels(drawing, input)) : forget()
            }
          />
          <FilePick
            label={say(words.choose)}
            accept="image/*"
            onFiles={(files) => void read(files[0])}
          />
          <p class="hint">{say(words.dropHint)}</p>
        </div>
        <Answer project={one} />
      </div>
    </section>
  );
}

/** That it is known now, and which of the examples may be a slip. */
function Added({ known: { name, version, revision, report } }: { known: ClassAdded }) {
  return (
    <>
      <p class="done">{say(words.added, { name, version, revision })}</p>
      {report.doubtful.map(({ index, nearest }) => (
        <p key={index} class="warn">
          {say(words.doubtful, { n: index + 1, name: nearest })}
        </p>
      ))}
    </>
  );
}
