import { dirname } from 'node:path';
import type { DeliveryFs, FileAttributes, FileStatus } from '../../src/deploy/delivery-fs.ts';

/** Files and directories in memory, which outlive the process that wrote them. */
export interface MemoryFs extends DeliveryFs {
  /** Content by path. */
  readonly files: ReadonlyMap<string, Uint8Array>;
}

type Entry = { readonly content?: Uint8Array } & Required<FileAttributes>;

/** Make an empty file system. */
export function memoryFs(): MemoryFs {
  const entries = new Map<string, Entry>([['/', { mode: 0o755, uid: 0, gid: 0 }]]);
  const at = (path: string): Entry => {
    const entry = entries.get(path);
    if (entry === undefined) throw missing(path);
    return entry;
  };
  const assertNew = (path: string): void => {
    if (!entries.has(path)) return;
    throw Object.assign(new Error(`EEXIST: file already exists, "${path}"`), {
      code: 'EEXIST',
      path,
    });
  };
  const status = async (path: string): Promise<FileStatus | undefined> => {
    const entry = entries.get(path);
    if (entry === undefined) return undefined;
    const { content, mode, uid, gid } = entry;
    return { kind: content === undefined ? 'directory' : 'file', mode, uid, gid };
  };
  const below = (path: string): readonly string[] =>
    [...entries.keys()].filter((each) => each === path || each.startsWith(`${path}/`));
  return {
    get files() {
      const files = [...entries].flatMap(([path, { content }]) =>
        content === undefined ? [] : [[path, content] as const],
      );
      return new Map(files);
    },
    status,
    targetStatus: status,
    async read(path) {
      const { content } = at(path);
      if (content === undefined) throw new Error(`EISDIR: "${path}"`);
      return content;
    },
    async makeDirectory(path, mode, parents) {
      if (parents) {
        for (let each = path; !entries.has(each); each = dirname(each)) {
          entries.set(each, { mode, uid: 0, gid: 0 });
        }
        return;
      }
      assertNew(path);
      at(dirname(path));
      entries.set(path, { mode, uid: 0, gid: 0 });
    },
    async writeNew(path, content, { mode, uid = 0, gid = 0 }) {
      assertNew(path);
      at(dirname(path));
      entries.set(path, { content: Uint8Array.from(content), mode, uid, gid });
    },
    async duplicate(from, to) {
      assertNew(to);
      entries.set(to, at(from));
    },
    async rename(from, to) {
      at(from);
      for (const path of below(from)) {
        entries.set(to + path.slice(from.length), at(path));
        entries.delete(path);
      }
    },
    async remove(path) {
      entries.delete(path);
    },
    async removeAll(path) {
      for (const each of below(path)) entries.delete(each);
    },
    async syncDirectory() {},
  };
}

function missing(path: string): Error {
  const text = `ENOENT: no such file or directory, "${path}"`;
  return Object.assign(new Error(text), { code: 'ENOENT', path });
}
