import type { LocalFiles, PinnedFiles } from '../../platform/ports.ts';

/** Holds objects as local files until the end. */
export interface PinBoard {
  /** @returns local paths, in the order of the keys; the same path however often an object is asked for */
  pin(keys: readonly string[]): Promise<string[]>;
  release(): Promise<void>;
}

/** Pins an object once: what is known of a file, such as its losers, is known by its path. */
export function pinBoard(files: LocalFiles): PinBoard {
  const paths = new Map<string, string>();
  const pins: PinnedFiles[] = [];
  return {
    async pin(keys) {
      const missing = [...new Set(keys)].filter((key) => !paths.has(key));
      const pinned = await files.pin(missing);
      pins.push(pinned);
      for (const [position, key] of missing.entries()) paths.set(key, pinned.paths[position] ?? '');
      return keys.map((key) => paths.get(key) ?? '');
    },
    async release() {
      for (const pinned of pins) await pinned.release();
    },
  };
}
