/** A delta's bytes on their way in: in pieces, too many of them, or cut off in the middle. */
import { request } from 'node:http';
import { once } from 'node:events';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { DELTA_TYPE } from '../../shared/api/media.ts';
import { range } from '../../shared/math/random.ts';
import type { Assignment } from '../../shared/protocol/messages.ts';
import { sha256Hex } from '../../shared/weights/digest.ts';
import { TAKEN_IN } from '../../worker/rounds/slots.ts';
import { useEdge } from '../kit/edge.ts';
import { getProject, UNTOUCHED } from '../kit/project.ts';
import { openRound } from '../kit/round.ts';
import { noise, type ToyVolunteer } from '../kit/volunteer.ts';

const edge = useEdge();
const project = 'bodies';
let a: ToyVolunteer;
let b: ToyVolunteer;
let assignment: Assignment;
let bytes: Uint8Array;

beforeAll(async () => {
  const plan = { ...UNTOUCHED, round: { goal: 3, minimum: 1, deadlineSeconds: 600 } };
  const opened = await openRound(edge.current, project, plan, { volunteers: 2 });
  [a, b] = opened.volunteers as [ToyVolunteer, ToyVolunteer];
  assignment = opened.assignments[0]!;
  bytes = a.encode(noise(a.size, 1, 1));
});

afterAll(() => [a, b].forEach((one) => one?.leave()));

const accepted = async () => (await getProject(edge.current.anyone, project)).training.accepted;

/** An upload under way; a length that is not announced makes it a chunked one. */
async function begin(volunteer: ToyVolunteer, length?: number) {
  const { round, version } = assignment;
  const { origin } = edge.current;
  return request(`${origin}/v1/projects/${project}/rounds/${round}/deltas`, {
    method: 'POST',
    headers: {
      ...(length === undefined ? {} : { 'content-length': length }),
      ...{ authorization: `Bearer ${volunteer.ticketFor(round)}`, 'content-type': DELTA_TYPE },
      ...{ 'x-shoal-digest': await sha256Hex(bytes), 'x-shoal-images': 10 },
      'x-shoal-version': version,
    },
  });
}

async function answerTo(upload: Awaited<ReturnType<typeof begin>>): Promise<unknown> {
  const [response] = await once(upload, 'response');
  const chunks: Buffer[] = await response.toArray();
  return JSON.parse(Buffer.concat(chunks).toString());
}

test('403: a body that never said how long it is, and is too long, is read to its end', async () => {
  const upload = await begin(a);
  const answer = answerTo(upload);
  for (let i = 0; i < 4; i++) upload.write(bytes);
  upload.end();
  expect(await answer).toMatchObject({ code: 403 });
  expect(await accepted()).toBe(0);
});

test('whoever is cut off in the middle has sent nothing, and keeps nobody from it', async () => {
  // More than there are places for.
  const many = Math.floor(TAKEN_IN / bytes.length) + 2;
  for (const _ of range(many)) {
    const upload = await begin(a, bytes.length);
    const closed = new Promise((resolve) => upload.on('close', resolve));
    upload.on('error', () => undefined);
    upload.write(bytes.subarray(0, bytes.length >> 1), () => upload.destroy());
    await closed;
  }
  expect(await accepted()).toBe(0);
  const whole = await begin(a, bytes.length);
  const answer = answerTo(whole);
  whole.end(bytes);
  expect(await answer).toMatchObject({ round: 1, repeated: false });
});

test('a body in pieces of any length is what they make', async () => {
  const upload = await begin(b);
  const answer = answerTo(upload);
  for (let at = 0; at < bytes.length; at += 7777) upload.write(bytes.subarray(at, at + 7777));
  upload.end();
  expect(await answer).toMatchObject({ round: 1, repeated: false, bytes: bytes.length });
  expect(await accepted()).toBe(2);
});
