/** Who read what, as JSON lines in files of the data folder: the newest ones are kept, up to a number. */
import { appendFile, mkdir, readdir, stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';

const FLUSH_MS = 1_000;
const FLUSH_BYTES = 65_536;
/** Lines that wait for the disk; further ones are counted. */
const WAITING_BYTES_MAX = 1_048_576;

export interface AuditLogOptions {
  readonly report: (problem: string) => void;
  readonly file_bytes_max?: number;
  readonly files_max?: number;
}

/** Half a gigabyte, a few million lines. */
const FILE_BYTES_MAX = 16_777_216;
const FILES_MAX = 32;

export class AuditLog {
  readonly #folder: string;
  readonly #report: (problem: string) => void;
  readonly #file_bytes_max: number;
  readonly #files_max: number;
  #waiting: string[] = [];
  #waiting_bytes = 0;
  #lost = 0;
  #file: { readonly path: string; bytes: number } | null = null;
  #timer: ReturnType<typeof setTimeout> | null = null;
  #writing: Promise<void> = Promise.resolve();

  constructor(folder: string, { report, file_bytes_max = FILE_BYTES_MAX, files_max = FILES_MAX }: AuditLogOptions) {
    this.#folder = folder;
    this.#report = report;
    this.#file_bytes_max = file_bytes_max;
    this.#files_max = files_max;
  }

  /** Returns at once: what is written in the last second before a crash is lost. */
  write(line: object): void {
    const text = `${JSON.stringify(line)}\n`;
    if (this.#waiting_bytes + text.length > WAITING_BYTES_MAX) {
      this.#lost += 1;
      return;
    }
    this.#waiting.push(text);
    this.#waiting_bytes += text.length;
    if (this.#waiting_bytes >= FLUSH_BYTES) this.#flush();
    else this.#timer ??= setTimeout(() => this.#flush(), FLUSH_MS);
  }

  /** Resolves when everything is in a file. */
  async close(): Promise<void> {
    this.#flush();
    await this.#writing;
  }

  #flush(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#writing = this.#writing.then(() => this.#writeWaiting());
  }

  async #writeWaiting(): Promise<void> {
    if (this.#waiting.length === 0 && this.#lost === 0) return;
    const [lines, lost] = [this.#waiting, this.#lost];
    this.#waiting = [];
    this.#waiting_bytes = 0;
    this.#lost = 0;
    if (lost > 0) lines.push(`${JSON.stringify({ at: new Date().toISOString(), lost })}\n`);
    try {
      const file = this.#file ?? (await this.#newestFile());
      this.#file = file;
      const text = lines.join('');
      await appendFile(file.path, text, { mode: 0o600 });
      file.bytes += Buffer.byteLength(text);
      if (file.bytes >= this.#file_bytes_max) this.#file = null;
    } catch (error) {
      this.#file = null;
      this.#lost += lines.length + lost;
      this.#report(`Audit: ${lines.length} lines could not be written: ${error}`);
    }
  }

  /** Goes on with the newest file while it has room; else begins one, and the oldest go. */
  async #newestFile(): Promise<{ path: string; bytes: number }> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    const names = (await readdir(this.#folder)).filter((name) => name.endsWith('.jsonl')).sort();
    const newest = names.at(-1);
    if (newest !== undefined) {
      const path = join(this.#folder, newest);
      const { size } = await stat(path);
      if (size < this.#file_bytes_max) return { path, bytes: size };
    }
    const old = names.slice(0, Math.max(0, names.length - this.#files_max + 1));
    for (const name of old) await unlink(join(this.#folder, name));
    return { path: join(this.#folder, nameAfter(newest)), bytes: 0 };
  }
}

const NUMBER_DIGITS = 8;

/** `00000001.jsonl` and on: names sort, whatever the clock does. */
function nameAfter(name: string | undefined): string {
  return `${String(Number.parseInt(name ?? '0', 10) + 1).padStart(NUMBER_DIGITS, '0')}.jsonl`;
}
