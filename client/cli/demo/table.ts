import type { NovelResult } from './novel.ts';

export type RoundLine = {
  /** 0 is the first version, before any volunteer. */
  round: number;
  /** Shares recognised: of the test writers' drawings, and of those that the edge judges by. */
  accuracy: number;
  validation: number;
  labelledOnly: number;
  /** Whether the round's candidate went live. */
  live: boolean;
  accepted: number;
  seconds: number;
};

export type DemoResult = {
  labelledOnly: number;
  student: number;
  lines: RoundLine[];
  novel: NovelResult;
  parameters: number;
  uploads: number;
  bytesPerUpload: number;
  seconds: number;
};

/** Prints what came out, on the held-out writers, for a person to read. */
export function printTable(result: DemoResult): void {
  const { novel, labelledOnly, student } = result;
  console.log('\nHeld-out writers, 36 classes: share recognised\n');
  console.log('  round   labelled-only   student   edge judged   deltas   seconds');
  for (const line of result.lines) {
    const mark = line.live ? ' ' : '  (not promoted)';
    const cells = [
      String(line.round).padStart(7),
      percent(line.labelledOnly).padStart(16),
      percent(line.accuracy).padStart(10),
      percent(line.validation).padStart(14),
      String(line.accepted).padStart(9),
      line.seconds.toFixed(1).padStart(10),
    ];
    console.log(cells.join('') + mark);
  }
  const gain = (100 * (student - labelledOnly)).toFixed(1);
  console.log(`
  labelled only             ${percent(labelledOnly)}   same augmentation, same server steps
  student                   ${percent(student)}   ${Number(gain) >= 0 ? '+' : ''}${gain} points
  five novel classes        ${percent(novel.right / novel.queries)}   ${novel.classes.join(' ')} from 5 drawings each, ${novel.queries} asked among 41 classes, ${novel.unknown} called unknown
  a volunteer sent          ${Math.round(result.bytesPerUpload).toLocaleString('en')} bytes a round for ${result.parameters.toLocaleString('en')} parameters, ${result.uploads} uploads, no image
  all of it took            ${result.seconds.toFixed(0)} s
`);
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}
