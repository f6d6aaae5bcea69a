import type { Project } from '../../../../shared/api/schemas/projects.ts';
import { LeftOut } from '../../parts/left-out.tsx';
import { Thumb } from '../../parts/thumb.tsx';
import { say } from '../../text/language.ts';
import { words } from '../../text/contribute.ts';
import { page } from '../../text/page.ts';
import { forgetImages, type Chosen } from './model.ts';

/** The chosen images as the network sees them. */
export function Preview({
  images,
  project,
  locked,
}: {
  images: Chosen;
  project: Project;
  locked: boolean;
}) {
  const { size, channels } = project.plan.input;
  const more = images.count - images.thumbs.length;
  return (
    <div class="preview">
      <div class="row">
        <p class="count">{say(words.ready, { n: images.count })}</p>
        {!locked && (
          <button type="button" class="link" onClick={forgetImages}>
            {say(words.other)}
          </button>
        )}
      </div>
      <p class="quiet">
        {say(words.seen, { size, colour: say(channels === 1 ? words.grey : words.colour) })}
      </p>
      <ul class="thumbs">
        {images.thumbs.map((pixels, i) => (
          <li key={i}>
            <Thumb
              pixels={pixels}
              input={project.plan.input}
              label={say(page.seenImage, { n: i + 1 })}
            />
          </li>
        ))}
        {more > 0 && <li class="quiet more">{say(page.more, { n: more })}</li>}
      </ul>
      <LeftOut skipped={images.skipped} />
    </div>
  );
}
