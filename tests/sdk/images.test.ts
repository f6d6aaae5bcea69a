import { describe, expect, test } from 'vitest';
import { pack, packAsJson } from '../../client/sdk/images.ts';
import { ImageProblem } from '../../client/sdk/index.ts';
import { asFile, BASE_SHAPES, drawings } from '../kit/shapes.ts';

const [drawing] = drawings(BASE_SHAPES[0]!, 1, 1) as [Uint8Array];

describe('a file is sent as it is, by what its bytes are', () => {
  test.each(['png', 'jpeg', 'webp'] as const)('%s', async (format) => {
    const file = await asFile(drawing, format);
    const holders = {
      bytes: file,
      buffer: file.slice().buffer,
      blob: new Blob([file as BlobPart]),
    };
    for (const source of Object.values(holders)) {
      const { bytes, type } = await pack(source);
      expect(type).toBe(`image/${format}`);
      expect(Buffer.compare(bytes, file)).toBe(0);
    }
  });

  test('of a view into a larger buffer only what it shows', async () => {
    const file = await asFile(drawing, 'png');
    const large = new Uint8Array(file.length + 20).fill(9);
    large.set(file, 10);
    const { bytes } = await pack(large.subarray(10, 10 + file.length));
    expect(Buffer.compare(bytes, file)).toBe(0);
  });
});

test.each([
  ['a GIF', Buffer.from('GIF89a...')],
  ['another RIFF', Buffer.from('RIFF....WAVEfmt ')],
  ['half a signature', Uint8Array.of(0x89, 0x50)],
  ['nothing', new Uint8Array()],
])('%s is refused before anything is sent', async (_, bytes) => {
  const error = await pack(bytes).catch((e: unknown) => e);
  expect(error).toBeInstanceOf(ImageProblem);
  expect(error).toMatchObject({ code: 501 });
});

test("a tensor goes as the network's own numbers, little-endian", async () => {
  const { bytes, type } = await pack(Float32Array.of(0, 0.5, 1));
  expect(type).toBe('application/x-tensor');
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  expect([0, 4, 8].map((at) => view.getFloat32(at, true))).toEqual([0, 0.5, 1]);
});

test('in JSON a file is its bytes in base64, and a tensor its bytes of 0 to 255', async () => {
  const file = await asFile(drawing, 'png');
  // Longer than what one call of a function takes.
  const long = new Uint8Array(200_000);
  long.set(file);
  expect(await packAsJson(long)).toEqual({ image: Buffer.from(long).toString('base64') });
  const tensor = Float32Array.of(0, 0.5, 1, 2, -1);
  expect(await packAsJson(tensor)).toEqual({
    pixels: Buffer.of(0, 128, 255, 255, 0).toString('base64'),
  });
});
