/** A file somebody chose: its path below what was chosen, and its bytes, not read yet. */
export type ChosenFile = { path: string; blob: Blob };

/** Why a file is left out. The page has the words for it. */
export type SkipReason =
  | 'not-an-image'
  | 'zip-damaged'
  | 'zip-too-large'
  | 'not-decodable'
  | 'too-many-pixels'
  | 'too-many-images';
export type Skipped = { path: string; reason: SkipReason };

/** What the operating system leaves in folders: nobody chose these, so nobody is told about them. */
const LITTER = /(^|\/)(\.[^/]*|__MACOSX(\/.*)?|Thumbs\.db|desktop\.ini)$/i;
/** HEIC is tried as well: Safari reads it, and elsewhere the file is named as unreadable. */
const IMAGE = /\.(png|jpe?g|webp|gif|bmp|avif|heic|heif)$/i;
const ZIP = /\.zip$/i;

const MB = 1_000_000;
export const MAX_ZIP_BYTES = 500 * MB;
/** Unpacked, all images of one archive together: an archive may claim to be far larger than it is. */
const MAX_UNPACKED_BYTES = 1000 * MB;

/** What a file input holds; with `webkitdirectory` the paths have the folders in them. */
export function fromInput(list: Iterable<File>): ChosenFile[] {
  return Array.from(list, (file) => ({ path: file.webkitRelativePath || file.name, blob: file }));
}

/** What was dropped, folders included. Must be called inside the event: the browser empties it afterwards. */
export async function fromDrop(transfer: DataTransfer): Promise<ChosenFile[]> {
  const entries = Array.from(transfer.items, (item) => item.webkitGetAsEntry());
  if (entries.every((entry) => entry === null)) return fromInput(transfer.files);
  const found: ChosenFile[] = [];
  for (const entry of entries) if (entry) await walk(entry, found);
  return found;
}

async function walk(entry: FileSystemEntry, found: ChosenFile[]): Promise<void> {
  if (entry.isFile) {
    const file = await new Promise<File>((resolve, reject) =>
      (entry as FileSystemFileEntry).file(resolve, reject),
    );
    found.push({ path: entry.fullPath.replace(/^\//, ''), blob: file });
    return;
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  for (;;) {
    // A reader hands out at most 100 entries a call, and an empty list at the end.
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) =>
      reader.readEntries(resolve, reject),
    );
    if (some.length === 0) return;
    for (const child of some) await walk(child, found);
  }
}

/** The images among the chosen files, archives unpacked, in the order of their paths; and what was left out. */
export async function imagesAmong(
  chosen: readonly ChosenFile[],
): Promise<{ files: ChosenFile[]; skipped: Skipped[] }> {
  const files: ChosenFile[] = [];
  const skipped: Skipped[] = [];
  for (const file of chosen) {
    const { path, blob } = file;
    if (LITTER.test(path)) continue;
    if (ZIP.test(path) || blob.type === 'application/zip') await unpack(file, files, skipped);
    else if (IMAGE.test(path) || isRaster(blob.type)) files.push(file);
    else skipped.push({ path, reason: 'not-an-image' });
  }
  files.sort((a, b) => a.path.localeCompare(b.path, 'en', { numeric: true }));
  return { files, skipped };
}

const isRaster = (type: string) => type.startsWith('image/') && type !== 'image/svg+xml';

async function unpack(
  { path, blob }: ChosenFile,
  files: ChosenFile[],
  skipped: Skipped[],
): Promise<void> {
  if (blob.size > MAX_ZIP_BYTES) {
    skipped.push({ path, reason: 'zip-too-large' });
    return;
  }
  let room = MAX_UNPACKED_BYTES;
  const left: Skipped[] = [];
  const wanted = ({ name, originalSize }: { name: string; originalSize: number }) => {
    if (name.endsWith('/') || LITTER.test(name) || /(^|\/)__MACOSX\//.test(name)) return false;
    const reason = !IMAGE.test(name)
      ? 'not-an-image'
      : originalSize > room
        ? 'zip-too-large'
        : null;
    if (reason) left.push({ path: `${path}/${name}`, reason });
    else room -= originalSize;
    return reason === null;
  };
  // When the first archive comes, and not with the page: few have one.
  const { unzipSync } = await import('fflate');
  try {
    // The synchronous one: fflate's asynchronous one starts workers from blobs, which the pages' policy forbids.
    const entries = unzipSync(new Uint8Array(await blob.arrayBuffer()), { filter: wanted });
    for (const [name, bytes] of Object.entries(entries))
      files.push({ path: `${path}/${name}`, blob: new Blob([bytes as BlobPart]) });
    skipped.push(...left);
  } catch {
    skipped.push({ path, reason: 'zip-damaged' });
  }
}

/** Files by the folder that holds them: how "one folder a class" is read. Files without a folder are left out. */
export function byFolder(files: readonly ChosenFile[]): Map<string, ChosenFile[]> {
  const folders = new Map<string, ChosenFile[]>();
  for (const file of files) {
    const name = file.path.split('/').at(-2);
    if (name === undefined) continue;
    folders.set(name, [...(folders.get(name) ?? []), file]);
  }
  return folders;
}
