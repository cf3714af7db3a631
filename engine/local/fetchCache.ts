import path from 'node:path';
import { codeOf, unlink } from './files.ts';

/** A file in the cache, pinned until released. */
export interface Pinned {
  readonly file: string;
  release(): void;
}

export interface FetchCache {
  /** The file behind a key; several who ask at the same time wait for one download. Rejects when that fails. */
  obtain(key: string, download: (file: string) => Promise<number>): Promise<Pinned>;
}

interface Entry {
  readonly file: string;
  readonly ready: Promise<number>;
  size: number;
  pins: number;
}

/** Files fetched before, least recently used first out, never one that is in use. `folder` exists and is empty. */
export function createFetchCache(folder: string, maxBytes: number): FetchCache {
  // Iteration order of a map is order of insertion: an entry that is used moves to the end.
  const entries = new Map<string, Entry>();
  let names = 0;

  function makeRoom(): void {
    let sum = 0;
    for (const entry of entries.values()) sum += entry.size;
    for (const [key, entry] of entries) {
      if (sum <= maxBytes) return;
      if (entry.pins > 0) continue;
      entries.delete(key);
      sum -= entry.size;
      void unlink(entry.file).catch((error: unknown) => codeOf(error));
    }
  }

  return {
    async obtain(key, download) {
      let entry = entries.get(key);
      if (entry === undefined) {
        names += 1;
        const file = path.join(folder, String(names));
        entry = { file, ready: download(file), size: 0, pins: 0 };
      }
      entries.delete(key);
      entries.set(key, entry);
      const mine = entry;
      mine.pins += 1;
      const release = (): void => {
        mine.pins -= 1;
        makeRoom();
      };
      try {
        mine.size = await mine.ready;
      } catch (error) {
        if (entries.get(key) === mine) entries.delete(key);
        throw error;
      }
      makeRoom();
      return { file: mine.file, release };
    },
  };
}
