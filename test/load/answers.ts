/** Reads the answers that come over one kept-alive connection, one at a time, however the bytes are cut. */
const HEAD_END = Buffer.from('\r\n\r\n');
/** After `HTTP/1.1 `. */
const STATUS_AT = 9;

export class Answers {
  private rest: Buffer = Buffer.alloc(0);

  /**
   * @returns the status of the answer that is now complete, or null while it is not
   * @throws Error where the answer has no Content-Length, or bytes follow that were not asked for
   */
  read(chunk: Buffer): number | null {
    const bytes = this.rest.length === 0 ? chunk : Buffer.concat([this.rest, chunk]);
    const headEnd = bytes.indexOf(HEAD_END);
    const length = headEnd < 0 ? null : headEnd + HEAD_END.length + bodyLength(bytes.toString('latin1', 0, headEnd));
    if (length === null || bytes.length < length) {
      // The chunk belongs to the socket and may be written over.
      this.rest = Buffer.from(bytes);
      return null;
    }
    if (bytes.length > length) throw new Error('The server sent more than one answer to one request.');
    this.rest = Buffer.alloc(0);
    return Number(bytes.toString('latin1', STATUS_AT, STATUS_AT + 3));
  }
}

function bodyLength(head: string): number {
  const match = /\r\ncontent-length: *(\d+)/i.exec(head);
  if (match === null) throw new Error(`The answer has no Content-Length:\n${head}`);
  return Number(match[1]);
}
