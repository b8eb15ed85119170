/** Longer queries are parsed each time: services send short ones, over and over. */
const TEXT_LENGTH_MAX = 16_384;
/** Of all texts together; what is parsed takes a dozen times as much. */
const LENGTH_MAX = 524_288;

/**
 * Parsed documents by their text. Yoga's own cache counts documents and not their size: a thousand large ones, each sent once,
 * held 300 MB for an hour.
 */
export class ParsedDocuments<Document> {
  readonly #documents = new Map<string, Document>();
  #length = 0;

  get(text: string): Document | undefined {
    const document = this.#documents.get(text);
    if (document === undefined) return undefined;
    // What was asked for last goes last.
    this.#documents.delete(text);
    this.#documents.set(text, document);
    return document;
  }

  set(text: string, document: Document): void {
    if (text.length > TEXT_LENGTH_MAX) return;
    if (!this.#documents.delete(text)) this.#length += text.length;
    this.#documents.set(text, document);
    for (const oldest of this.#documents.keys()) {
      if (this.#length <= LENGTH_MAX) return;
      this.#documents.delete(oldest);
      this.#length -= oldest.length;
    }
  }
}

/** A query that cannot be parsed is not sent again by anybody who means well. */
export const NO_ERRORS = { get: () => undefined, set: () => {} };
