/** Memory of a process group, as Linux counts it. */
import { readdirSync, readFileSync } from 'node:fs';

/**
 * Bytes of all processes of the group: their own pages, and of shared ones their share (PSS). Processes that end
 * meanwhile count as nothing.
 */
export function groupBytes(group: number): number {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && groupOf(name) === group)
    .reduce((sum, process) => sum + bytesOf(process), 0);
}

/** The fifth field, counted after the name, which may hold anything. */
function groupOf(process: string): number {
  const stat = read(`/proc/${process}/stat`);
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[2]);
}

function bytesOf(process: string): number {
  return Number(/^Pss:\s+(\d+) kB$/m.exec(read(`/proc/${process}/smaps_rollup`))?.[1] ?? 0) * 1_024;
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
