import { zipSync } from 'fflate';
import { describe, expect, test } from 'vitest';
import { byFolder, fromDrop, imagesAmong, type ChosenFile } from '../../client/data/files.ts';

const file = (path: string, bytes = Uint8Array.of(1), type = ''): ChosenFile => ({
  path,
  blob: new Blob([bytes as BlobPart], { type }),
});
const zip = (entries: Record<string, Uint8Array>) => zipSync(entries) as Uint8Array<ArrayBuffer>;
const paths = (files: readonly { path: string }[]) => files.map(({ path }) => path);

describe('images among what was chosen', () => {
  test('by name or by type, in the order that people count', async () => {
    const { files, skipped } = await imagesAmong([
      file('b/10.png'),
      file('b/9.JPG'),
      file('camera', undefined, 'image/webp'),
      file('a/notes.txt'),
      file('drawing.svg', undefined, 'image/svg+xml'),
    ]);
    expect(paths(files)).toEqual(['b/9.JPG', 'b/10.png', 'camera']);
    expect(skipped).toEqual([
      { path: 'a/notes.txt', reason: 'not-an-image' },
      { path: 'drawing.svg', reason: 'not-an-image' },
    ]);
  });

  test('what the operating system leaves in folders is passed over', async () => {
    const chosen = [
      '.DS_Store',
      'a/Thumbs.db',
      'a/desktop.ini',
      '.hidden.png',
      '__MACOSX/a/._1.png',
    ];
    expect(await imagesAmong(chosen.map((path) => file(path)))).toEqual({ files: [], skipped: [] });
  });

  test('an archive is unpacked, with its folders', async () => {
    const archive = zip({
      'cat/1.png': Uint8Array.of(1, 2, 3),
      'dog/2.jpg': Uint8Array.of(4),
      'dog/read.me': Uint8Array.of(5),
      '__MACOSX/cat/._1.png': Uint8Array.of(6),
    });
    const { files, skipped } = await imagesAmong([file('pets.zip', archive)]);
    expect(paths(files)).toEqual(['pets.zip/cat/1.png', 'pets.zip/dog/2.jpg']);
    expect(new Uint8Array(await files[0]!.blob.arrayBuffer())).toEqual(Uint8Array.of(1, 2, 3));
    expect(skipped).toEqual([{ path: 'pets.zip/dog/read.me', reason: 'not-an-image' }]);
  });

  test('an archive without its suffix is known by its type', async () => {
    const archive = file('pets', zip({ 'a.png': Uint8Array.of(1) }), 'application/zip');
    expect(paths((await imagesAmong([archive])).files)).toEqual(['pets/a.png']);
  });

  test.each([
    ['no archive at all', Uint8Array.of(1, 2, 3)],
    ['a truncated one', zip({ 'a.png': new Uint8Array(1000) }).subarray(0, 60)],
  ])('%s is named as damaged', async (_, bytes) => {
    const { files, skipped } = await imagesAmong([file('x.zip', bytes), file('b.png')]);
    expect(paths(files)).toEqual(['b.png']);
    expect(skipped).toEqual([{ path: 'x.zip', reason: 'zip-damaged' }]);
  });

  test('an archive that claims to unpack to more than there is room for is not unpacked', async () => {
    const bytes = zip({ 'bomb.png': new Uint8Array(1000) });
    // The uncompressed size in the central directory, 24 bytes behind its signature.
    const at = bytes.findIndex(
      (_, i) => bytes[i] === 0x50 && bytes[i + 1] === 0x4b && bytes[i + 2] === 1,
    );
    new DataView(bytes.buffer, bytes.byteOffset).setUint32(at + 24, 2_000_000_000, true);
    const { files, skipped } = await imagesAmong([file('x.zip', bytes)]);
    expect(files).toEqual([]);
    expect(skipped).toEqual([{ path: 'x.zip/bomb.png', reason: 'zip-too-large' }]);
  });
});

describe('folders', () => {
  test('hold the images of one class each; loose files belong to none', () => {
    const files = ['set/cat/1.png', 'set/cat/2.png', 'set.zip/dog/3.png', 'loose.png'].map((path) =>
      file(path),
    );
    const folders = [...byFolder(files)].map(([name, held]) => [name, paths(held)]);
    expect(folders).toEqual([
      ['cat', ['set/cat/1.png', 'set/cat/2.png']],
      ['dog', ['set.zip/dog/3.png']],
    ]);
  });
});

describe('a drop', () => {
  /** What a browser hands over: directories give their entries in batches, an empty one at the end. */
  const entryOf = (path: string, content: string | Record<string, never> | object): unknown => {
    if (typeof content === 'string')
      return {
        isFile: true,
        fullPath: path,
        file: (done: (f: File) => void) => done(new File([content], path)),
      };
    const batches = Object.entries(content).map(([name, child]) => [
      entryOf(`${path}/${name}`, child as object),
    ]);
    return {
      isFile: false,
      createReader: () => ({
        readEntries: (done: (some: unknown[]) => void) => done(batches.shift() ?? []),
      }),
    };
  };
  const transfer = (entries: unknown[], files: File[] = []) =>
    ({
      items: entries.map((entry) => ({ webkitGetAsEntry: () => entry })),
      files,
    }) as unknown as DataTransfer;

  test('has files and whole folders, however deep', async () => {
    const folder = entryOf('/set', { cat: { '1.png': 'a', deep: { '2.png': 'b' } }, '3.png': 'c' });
    const dropped = await fromDrop(transfer([folder, entryOf('/4.png', 'd')]));
    expect(paths(dropped)).toEqual(['set/cat/1.png', 'set/cat/deep/2.png', 'set/3.png', '4.png']);
    expect(await dropped[1]!.blob.text()).toBe('b');
  });

  test('without entries, as from another page, falls back to its files', async () => {
    expect(paths(await fromDrop(transfer([null], [new File(['a'], 'a.png')])))).toEqual(['a.png']);
  });
});
