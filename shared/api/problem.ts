/**
 * Every way a request can fail: a number that is never used again for anything else, its HTTP
 * status, a title, and what the caller can do about it. RFC 9457 carries them over the wire.
 * Hundreds: 1 request, 2 access, 3 projects, 4 rounds and deltas, 5 images, 6 classes, 7 models, 9 server.
 */
export const PROBLEMS = {
  101: [
    400,
    'The body does not fit',
    'Correct the named field; GET /openapi.json has every schema.',
  ],
  102: [413, 'The body is too large', 'Send at most the number of bytes that the detail names.'],
  103: [404, 'There is no such address', 'GET /docs lists every route.'],
  104: [
    415,
    'The media type is not one this route reads',
    'Send one of the types that the detail names.',
  ],
  201: [
    401,
    'A token is needed',
    'Send `Authorization: Bearer <token>`: a key that an admin gave you, or the ticket that joining gives.',
  ],
  202: [
    401,
    'The token is not valid',
    'Use the token as it was given; join the project again for a fresh ticket.',
  ],
  203: [401, 'The ticket has expired', 'Join the project again for a fresh ticket.'],
  204: [
    403,
    'The ticket is for another project',
    'Join this project; a ticket opens only the one it was given for.',
  ],
  205: [401, 'The key has expired', 'Ask an admin for a new key.'],
  206: [401, 'The key was revoked', 'Ask an admin for a new key.'],
  207: [
    403,
    'The key is for another project',
    'Use a key of this project, or one for all projects.',
  ],
  208: [
    403,
    'The key may not do this',
    'Use a key with the role and the verb that the detail names.',
  ],
  209: [
    429,
    'The key has used up its day',
    'Wait until midnight UTC, as Retry-After says, or ask an admin for a larger quota.',
  ],
  210: [
    403,
    'A key cannot give more than it has',
    'Stay within the role, project, verbs, quota and expiry of the key that asks.',
  ],
  211: [404, 'There is no such key', 'GET /v1/keys lists the keys by their prefix.'],
  212: [429, 'Too many requests', 'Send it again after the seconds that Retry-After names.'],
  213: [
    403,
    'The challenge is not answered',
    'GET the challenge of the project, and send its answer along with the join.',
  ],
  214: [
    403,
    'The answer to the challenge is not right',
    'GET a fresh challenge; each counts once.',
  ],
  215: [
    503,
    'The challenge cannot be checked now',
    'Send it again with a fresh answer after the seconds that Retry-After names.',
  ],
  216: [
    403,
    'The setup token opens nothing',
    'It works once, as `npm start` printed it; ask an admin for a key, or use the secret ADMIN_TOKEN.',
  ],
  301: [404, 'There is no such project', 'GET /v1/projects lists what is there.'],
  302: [
    409,
    'A project of that name is already there',
    'Choose another id, or use the project as it is.',
  ],
  303: [422, 'The plan cannot work', 'Change the setting that the detail names.'],
  304: [
    422,
    'The labelled images do not suffice',
    'Give every class at least one labelled example, and some for validation.',
  ],
  305: [
    422,
    'The project needs more memory than this device lends',
    'Choose fewer images, or contribute from a device with more memory.',
  ],
  401: [
    400,
    'The delta is malformed',
    'Encode it with the scheme and version that the round names.',
  ],
  402: [400, 'The delta is truncated', 'Send all of its bytes again; nothing was counted.'],
  403: [
    413,
    'The delta is oversized',
    'Encode it with the scheme that the round names, nothing behind it.',
  ],
  404: [
    422,
    'The delta holds numbers that are not finite',
    'Lower the learning rate; do not send a round that diverged.',
  ],
  405: [
    422,
    'The delta is larger than any honest one',
    'Train from the weights of the round with its plan.',
  ],
  406: [
    409,
    'Another delta of this volunteer was already counted',
    'One delta a round; wait for the next round.',
  ],
  407: [409, 'The round is closed', 'Wait for the next round; GET the project for its state.'],
  408: [
    403,
    'This volunteer was not asked to train in this round',
    'Wait for the round message on the socket.',
  ],
  409: [
    409,
    'The delta starts from another version',
    'Fetch the weights that the round names and train from them.',
  ],
  410: [
    400,
    'The digest does not match the body',
    'Send the SHA-256 of the bytes in hex; the body changed on its way.',
  ],
  411: [404, 'There is no such round', 'GET the rounds of the project.'],
  412: [409, 'Training is already running', 'Wait for it to end, or stop it first.'],
  413: [
    409,
    'The delta is too stale',
    'Fetch the current weights at the address that `weights` names, and train from them.',
  ],
  414: [
    503,
    'Too many deltas at once',
    'Send it again after the seconds that Retry-After names; nothing was counted.',
  ],
  501: [
    422,
    'The bytes are no image that can be read',
    'Send PNG, JPEG or WebP, whole and unchanged.',
  ],
  502: [413, 'The image is too large', 'Send at most 16 megapixels and 8 MB.'],
  503: [
    422,
    'The tensor has the wrong shape',
    'Send size x size x channels numbers in [0, 1], as the project names them.',
  ],
  504: [
    422,
    'The embedding cannot be read',
    'Send it as POST .../embed gives it: as many finite numbers as the detail names, not all zero.',
  ],
  505: [
    409,
    'The embedding is of another version',
    'Embed the image again, and name in `version` the version that the reply names.',
  ],
  506: [413, 'Too many images at once', 'Send several requests of at most 64 images each.'],
  601: [422, 'A class needs examples', 'Send at least one example image.'],
  602: [
    409,
    'A class of that name is already there',
    'Choose another name, or remove that class first.',
  ],
  603: [404, 'There is no such class', 'GET the classes of the project.'],
  604: [422, 'That class belongs to the model', 'Only classes added later can be changed.'],
  605: [
    422,
    'The project has as many classes as it may',
    'Remove or merge classes first: a project has at most 10,000.',
  ],
  606: [
    422,
    'A class would have too many examples',
    'Send fewer, or remove some first; the detail says how many this network can take.',
  ],
  607: [404, 'There is no such example', 'GET the examples of the class.'],
  608: [422, 'That is the only example of its class', 'Remove the class, or add another first.'],
  609: [
    409,
    'There is nothing to undo',
    'GET the revisions: one is marked undoable. A promotion is taken back by a rollback.',
  ],
  610: [422, 'A class cannot be merged with itself', 'Name another class.'],
  611: [413, 'Too many examples at once', 'Send several requests of at most 1,000 images each.'],
  612: [
    409,
    'Another change of classes came after that one',
    'GET the revisions, and undo the newest one if it is what you mean.',
  ],
  701: [404, 'There is no such version', 'GET the versions of the project.'],
  702: [
    503,
    'The project has no live version yet',
    'Wait until the first supervised steps are done; GET the project for its state.',
  ],
  703: [404, 'There are no such weights', 'Use the hash exactly as a version names it.'],
  704: [
    409,
    'That version was not fit to go live',
    'Choose a version that recognises as many validation images as the live one, or repeat with ?force=true.',
  ],
  705: [409, 'Too many changes at once', 'Repeat the request.'],
  706: [
    409,
    'That revision is not there yet',
    'Send it again after the seconds that Retry-After names; name a revision that a change answered with.',
  ],
  707: [
    422,
    'The file is no model that can be read',
    'Send a .safetensors file, or the zip that GET .../tfjs.zip gives, whole and unchanged.',
  ],
  708: [
    422,
    'The model has another layout',
    'Name and shape the tensors, all float32, as GET .../model.safetensors of this project has them.',
  ],
  709: [
    422,
    'The weights do not match their hash',
    'Fetch the file again: it changed on its way. Weights that were changed on purpose go without a hash.',
  ],
  710: [
    422,
    'The weights are not finite',
    'Send weights that are numbers; this training diverged.',
  ],
  711: [
    410,
    'The weights of that version were let go',
    'Choose a newer version, or import the file that was exported; the setting keepVersions says how many are kept.',
  ],
  712: [
    404,
    'There is no canary',
    'PUT one: a version, and the share of requests that it answers.',
  ],
  713: [409, 'The live version cannot be its own canary', 'Choose another version.'],
  714: [
    404,
    'There is no such task',
    'Tasks are forgotten a while after their end: GET the versions of the project, or repeat the request.',
  ],
  901: [
    500,
    'Something went wrong on our side',
    'Repeat the request later; the request id helps us find it.',
  ],
} as const satisfies Record<number, readonly [status: number, title: string, remedy: string]>;

export type ProblemCode = keyof typeof PROBLEMS;

/** RFC 9457 `application/problem+json`, with our number and the remedy beside the standard members. */
export type ProblemBody = {
  type: string;
  title: string;
  status: number;
  detail: string;
  code: ProblemCode;
  remedy: string;
  instance?: string;
} & ProblemHints;

/** What a caller's program can act upon, beside the words. */
export type ProblemHints = {
  /** Seconds after which to try again; the Retry-After header says the same. */
  retryAfter?: number;
  /** Path of the weights to train from now. */
  weights?: string;
  /** Which of the images it is about, from 0. */
  index?: number;
};

/** Thrown anywhere, turned into a response in one place. `detail` says what was wrong with this one. */
export class Problem extends Error {
  readonly code: ProblemCode;
  readonly status: number;
  readonly hints: ProblemHints;

  constructor(code: ProblemCode, detail: string, options: ErrorOptions & ProblemHints = {}) {
    const { cause, ...hints } = options;
    super(detail, cause === undefined ? {} : { cause });
    this.hints = hints;
    this.name = 'Problem';
    this.code = code;
    this.status = PROBLEMS[code][0];
  }

  /** What went wrong, whichever the case; `message` says what was wrong with this one. */
  get title(): string {
    return PROBLEMS[this.code][1];
  }

  /** What the caller can do about it. */
  get remedy(): string {
    return PROBLEMS[this.code][2];
  }

  /** Seconds after which to try again, where the edge has said so. */
  get retryAfter(): number | undefined {
    return this.hints.retryAfter;
  }

  body(instance?: string): ProblemBody {
    const type = `/docs/problems#${this.code}`;
    const { code, status, title, remedy, message: detail, hints } = this;
    const body = { type, title, status, detail, code, remedy, ...hints };
    return instance === undefined ? body : { ...body, instance };
  }
}
