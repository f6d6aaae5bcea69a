import type { Project } from '../../../shared/api/schemas/projects.ts';
import { acts, need, table } from '../asking.ts';

export const projects = acts(
  {
    name: 'projects',
    summary: 'List projects, or look at one: its plan, what is live, where training stands.',
    example: 'npx shoal projects list --origin https://shoal.example.org',
    options: {},
  },
  {
    list: {
      usage: '',
      async run({ shoal, words }) {
        need(words);
        const value = await shoal.call('listProjects');
        return { value, text: table(value.map(rowOf), 'no project yet') };
      },
    },
    show: {
      usage: 'ID',
      async run({ shoal, words }) {
        const [project] = need(words, 'ID') as [string];
        const value = await shoal.call('getProject', { project });
        const { training } = value;
        const lines = [
          rowOf(value.project),
          ['training', `${training.phase}, round ${training.round} of ${training.until}`],
          ['volunteers', `${training.volunteers}`],
        ];
        return { value, text: lines.map((line) => line.join('  ')).join('\n') };
      },
    },
  },
);

function rowOf({ id, title, classes, live }: Project): string[] {
  const what = live ? `version ${live.version}, revision ${live.revision}` : 'not live yet';
  return [id, title, `${classes.length} classes of its own`, what];
}
