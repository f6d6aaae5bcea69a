/** What the API refuses: every bad input by its number, with the reason, and with nothing changed. */
import { beforeAll, describe, expect, test } from 'vitest';
import { PROBLEMS, type ProblemCode } from '../../shared/api/problem.ts';
import { DELTA_TYPE, SAFETENSORS_TYPE } from '../../shared/api/media.ts';
import type { Route } from '../../shared/api/route.ts';
import { ROUTES, type RouteName } from '../../shared/api/routes.ts';
import { useEdge } from '../kit/edge.ts';
import { liveToyProject, newToyProject } from '../kit/project.ts';
import { ask, type Answered, type Ask } from '../kit/request.ts';
import { asFile, asPixels, asTensor, drawings } from '../kit/shapes.ts';
import { mintTicket, unsignedTicket } from '../kit/tickets.ts';
import { BAD_CHANGES, FULL } from './fixtures/bad-classes.ts';
import { BAD_INPUTS } from './fixtures/bad-inputs.ts';

const edge = useEdge();
const params = { project: 'reef' };
const routes = Object.entries(ROUTES) as [RouteName, Route][];

/** Every refusal of this file, for the last test. */
const answered = new Map<RouteName, Set<ProblemCode>>();

beforeAll(() => liveToyProject(edge.current, 'reef'));

/** Calls a route that must refuse: a problem, whole, with the number's own status. */
async function refuse(name: RouteName, options: Ask, code: ProblemCode): Promise<Answered> {
  const reply = await ask(edge.current.origin, name, options);
  const [status, title, remedy] = PROBLEMS[code];
  expect(reply.problem, reply.text.slice(0, 500)).toMatchObject({ code, status, title, remedy });
  expect(reply.status).toBe(status);
  expect(reply.problem.instance).toBe(`urn:uuid:${reply.headers.get('x-request-id')}`);
  answered.set(name, (answered.get(name) ?? new Set()).add(code));
  return reply;
}

/** All that anyone can see of the project, and which others there are. */
async function everything(project = 'reef'): Promise<string> {
  const names = [
    'getProject',
    'listClasses',
    'listRevisions',
    'listVersions',
    'listRounds',
    'listProjects',
  ] as const;
  const replies = await Promise.all(
    names.map((name) => ask(edge.current.origin, name, { params: { project } })),
  );
  expect(replies.map(({ status }) => status)).toEqual(names.map(() => 200));
  return replies.map(({ text }) => text).join('\n');
}

const tokenFor = async ({ access }: Route, project = 'reef') => {
  if (access === 'admin') return edge.current.adminToken;
  return access === 'volunteer'
    ? mintTicket(edge.current.ticketSecret, project, { round: 1 })
    : undefined;
};

describe('a bad input is refused and changes nothing', () => {
  test.each(BAD_INPUTS)('$code $name: $what', async ({ code, name, input, detail }) => {
    const before = await everything();
    const options = { params, token: await tokenFor(ROUTES[name]), ...(await input()) };
    const { problem } = await refuse(name, options, code);
    expect(problem.detail).toMatch(detail);
    expect(await everything()).toBe(before);
  });

  test.each([2000, 5_000_000])(
    '102: %i bytes more than fit, sent without a length, are refused as they come',
    async (more) => {
      const before = await everything();
      const response = await fetch(`${edge.current.origin}/v1/projects/reef/training`, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${edge.current.adminToken}`,
          'content-type': 'application/json',
        },
        body: new Blob(['{"rounds": 1', ' '.repeat(more), '}']).stream(),
        duplex: 'half',
      } as RequestInit);
      const detail = expect.stringMatching('1000') as unknown;
      expect(await response.json()).toMatchObject({ code: 102, detail });
      expect(await everything()).toBe(before);
    },
  );

  test('a caller of whom nothing is wanted may finish speaking, and learns why', async () => {
    const body = new Uint8Array(5_000_000);
    await refuse('createProject', { body, type: 'application/json' }, 201);
    await refuse('classify', { params: { project: 'none' }, body, type: 'image/png' }, 301);
    await refuse('classify', { params, body, type: 'image/gif' }, 104);
  });

  test.each([
    ['GET', '/v1/nothing'],
    ['POST', '/healthz'],
    ['PUT', '/v1/projects'],
    ['GET', '/v1/projects/reef/'],
    ['GET', '/v1/projects/%E0%A4%A/none'],
  ])('103: %s %s is nowhere', async (method, path) => {
    const response = await fetch(edge.current.origin + path, { method });
    expect(await response.json()).toMatchObject({ code: 103, status: 404 });
  });

  test('412: training that is under way is not started again', async () => {
    const options = { params, token: edge.current.adminToken, json: { rounds: 2 } };
    expect((await ask(edge.current.origin, 'startTraining', options)).status).toBe(202);
    const before = await everything();
    await refuse('startTraining', options, 412);
    expect(await everything()).toBe(before);
    const stop = { params, token: edge.current.adminToken };
    expect((await ask(edge.current.origin, 'stopTraining', stop)).status).toBe(202);
  });

  test('502: a picture of 20000 x 20000 pixels is refused by its header alone', async () => {
    const file = await asFile(drawings('disc', 1, 1)[0]!, 'png');
    new DataView(file.buffer).setUint32(16, 20_000);
    new DataView(file.buffer).setUint32(20, 20_000);
    const reply = await refuse('classify', { params, body: file, type: 'image/png' }, 502);
    expect(reply.problem.detail).toContain('20000 x 20000');
    const examples = [{ image: Buffer.from(file).toString('base64') }];
    const json = { name: 'vast', examples };
    await refuse('addClass', { params, token: edge.current.adminToken, json }, 502);
  });
});

describe('who may call', () => {
  // An open project's answers are for everybody; access.test.ts has those that are not.
  const guarded = routes.filter(([, { access }]) => access === 'volunteer' || access === 'admin');
  const admin = guarded.filter(([, { access }]) => access === 'admin');

  test.each(guarded)('201: nobody calls %s without a token', async (name) => {
    await refuse(name, { params }, 201);
    await refuse(name, { params, headers: { authorization: 'Basic YTpi' } }, 201);
    await refuse(name, { params, headers: { authorization: 'Bearer ' } }, 201);
  });

  test.each(admin)('202: a wrong token does not open %s, nor does a ticket', async (name) => {
    const { adminToken, ticketSecret } = edge.current;
    const ticket = await mintTicket(ticketSecret, 'reef');
    for (const token of ['wrong', `${adminToken}x`, adminToken.slice(1), ticketSecret, ticket])
      await refuse(name, { params, token }, 202);
  });

  test('202: a ticket that the edge did not sign opens nothing', async () => {
    const { adminToken, ticketSecret } = edge.current;
    const tickets = [
      'nonsense',
      adminToken,
      await mintTicket('another secret of this length', 'reef'),
      await mintTicket(ticketSecret, 'reef', { issuer: 'another' }),
      unsignedTicket('reef'),
    ];
    for (const token of tickets) await refuse('sendDelta', { params, token }, 202);
  });

  test('203: an expired ticket opens nothing', async () => {
    const token = await mintTicket(edge.current.ticketSecret, 'reef', { age: 2 * 3600 });
    await refuse('sendDelta', { params, token }, 203);
  });

  test('204: a ticket opens no other project', async () => {
    const token = await mintTicket(edge.current.ticketSecret, 'atoll');
    await refuse('sendDelta', { params, token }, 204);
  });

  test('a ticket that the edge gave is let in', async () => {
    const { text } = await ask(edge.current.origin, 'join', { params });
    const { ticket } = JSON.parse(text) as { ticket: string };
    // Through the door, to what is wrong with the request itself.
    await refuse('sendDelta', { params, token: ticket }, 101);
  });
});

describe('a change of classes that cannot be is refused and changes nothing', () => {
  const lagoon = 'lagoon';
  const [first] = drawings('ring', 1, 1);
  const add = (name: string, count: number) =>
    edge.current.admin.call('addClass', {
      params: { project: lagoon },
      json: { name, examples: Array.from({ length: count }, () => asPixels(first!)) },
    });

  beforeAll(async () => {
    await liveToyProject(edge.current, lagoon);
    await add('one', 1);
    await add('full', FULL);
  });

  test.each(BAD_CHANGES)('$code $name: $what', async ({ code, name, input, detail }) => {
    const before = await everything(lagoon);
    const asked = await input();
    const options = { ...asked, params: { ...asked.params, project: lagoon } };
    const { problem } = await refuse(name, { token: edge.current.adminToken, ...options }, code);
    expect(problem.detail).toMatch(detail);
    expect(await everything(lagoon)).toBe(before);
  });

  test('608: the only example of a class stays', async () => {
    const before = await everything(lagoon);
    const at = { project: lagoon, class: 'one' };
    const [only] = await edge.current.admin.call('listExamples', { params: at });
    const options = { params: { ...at, example: only!.id }, token: edge.current.adminToken };
    expect((await refuse('removeExample', options, 608)).problem.detail).toContain('"one"');
    expect(await everything(lagoon)).toBe(before);
  });
});

describe('a project that is not there', () => {
  const bodies: Partial<Record<RouteName, () => Ask>> = {
    startTraining: () => ({ json: { rounds: 1 } }),
    putCanary: () => ({ json: { version: 1, share: 0.5 } }),
    importVersion: () => ({ body: new Uint8Array(1), type: SAFETENSORS_TYPE }),
    addClass: () => ({ json: { name: 'x', examples: drawings('ring', 1, 1).map(asPixels) } }),
    addClasses: () => ({ json: { classes: [{ name: 'x', examples: [] }] } }),
    renameClass: () => ({ json: { name: 'x' } }),
    mergeClasses: () => ({ json: { from: 'x' } }),
    addExamples: () => ({ json: { examples: drawings('ring', 1, 1).map(asPixels) } }),
    undo: () => ({ json: {} }),
    classify: () => ({ body: asTensor(drawings('ring', 1, 1)[0]!), type: 'application/x-tensor' }),
    changeSettings: () => ({ json: { keepVersions: 3 } }),
    sendDelta: () => ({
      ...{ body: new Uint8Array(1), type: DELTA_TYPE },
      headers: {
        'x-shoal-digest': '0'.repeat(64),
        'x-shoal-images': '1',
        'x-shoal-version': '1',
      },
    }),
  };
  const about = routes.filter(([, { path }]) => path.includes(':project'));

  test.each(about)('301: %s', async (name, route) => {
    const token = await tokenFor(route, 'none');
    const options = {
      params: { project: 'none', version: '1', round: '1' },
      token,
      ...bodies[name]?.(),
    };
    const { problem } = await refuse(name, options, 301);
    expect(problem.detail).toContain('"none"');
  });

  test('its socket', async () => {
    const response = await fetch(
      `${edge.current.origin}/v1/projects/none/socket/?EIO=4&transport=polling`,
    );
    expect(await response.json()).toMatchObject({ code: 301 });
  });
});

describe('a project whose first version is still being made', () => {
  beforeAll(async () => {
    const patch = { server: { warmupSteps: 20_000, batch: 1 } };
    await edge.current.admin.call('createProject', { json: newToyProject('unborn', patch) });
  });
  const unborn = { project: 'unborn' };

  test('702: recognises nothing and takes no class yet', async () => {
    const [drawing] = drawings('ring', 1, 1);
    const tensor = { body: asTensor(drawing!), type: 'application/x-tensor' };
    await refuse('classify', { params: unborn, ...tensor }, 702);
    const json = { name: 'ring', examples: [asPixels(drawing!)] };
    const token = edge.current.adminToken;
    await refuse('addClass', { params: unborn, token, json }, 702);
    await refuse('addClasses', { params: unborn, token, json: { classes: [json] } }, 702);
    await refuse('undo', { params: unborn, token, json: {} }, 702);
    const at = { ...unborn, class: 'ring', example: 'none' };
    await refuse('addExamples', { params: at, token, json }, 702);
    await refuse('renameClass', { params: at, token, json: { name: 'x' } }, 702);
    await refuse('mergeClasses', { params: at, token, json: { from: 'x' } }, 702);
    for (const name of ['removeClass', 'removeExample', 'checkClass'] as const)
      await refuse(name, { params: at, token }, 702);
  });

  test('701: has no version to go back to', async () => {
    const options = { params: { ...unborn, version: '1' }, token: edge.current.adminToken };
    await refuse('makeLive', options, 701);
  });

  test('702: takes no version from elsewhere yet, for the first one is not there', async () => {
    const options = { params: unborn, token: edge.current.adminToken };
    const body = new Uint8Array(1);
    await refuse('importVersion', { ...options, body, type: SAFETENSORS_TYPE }, 702);
  });

  test('says how far it is', async () => {
    const { text } = await ask(edge.current.origin, 'getProject', { params: unborn });
    expect(JSON.parse(text)).toMatchObject({
      project: { live: null },
      training: { phase: 'preparing', version: 0, serverProgress: expect.any(Number) },
    });
  });
});

test('the table of routes lists every number that its routes refused with here', () => {
  const missing = [...answered].flatMap(([name, codes]) => {
    const listed = (ROUTES[name] as Route).problems;
    return [...codes].filter((code) => !listed.includes(code)).map((code) => `${name} ${code}`);
  });
  expect(missing).toEqual([]);
});
