/** Memory of a process group, as Linux counts it. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';

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

/** The process of that name that this one started. @throws Error where there is none */
export function childNamed(name: string): number {
  const found = readdirSync('/proc').find((process) => {
    const stat = /^\d+$/.test(process) ? read(`/proc/${process}/stat`) : '';
    const parent = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
    return parent === globalThis.process.pid && stat.includes(`(${name})`);
  });
  if (found === undefined) throw new Error(`This process started no ${name}`);
  return Number(found);
}

/** Most that a process had in memory, bytes. @param anew counts from now on */
export function peakBytes(pid: number, anew: boolean): number {
  if (anew) writeFileSync(`/proc/${pid}/clear_refs`, '5');
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(read(`/proc/${pid}/status`))?.[1] ?? 0) * 1_024;
}
