import { plain } from './plain.ts';
import { strong } from './strong.ts';
import type { View } from './view.ts';
import { weak } from './weak.ts';

/** Every view an objective can ask for, by name. */
export const VIEWS = { plain, weak, strong } satisfies Record<string, View>;

export type ViewName = keyof typeof VIEWS;
