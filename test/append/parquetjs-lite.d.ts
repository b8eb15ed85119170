/** The part of parquetjs-lite that the tests use; the package has no types. */
declare module 'parquetjs-lite' {
  export interface Footer {
    version: number;
  }
  export class ParquetEnvelopeReader {
    static openBuffer(bytes: Uint8Array): Promise<ParquetEnvelopeReader>;
    readFooter(): Promise<Footer>;
  }
  export class ParquetReader {
    constructor(footer: Footer, envelope: ParquetEnvelopeReader);
    getRowCount(): number;
    getCursor(columns: string[][]): { next(): Promise<Record<string, unknown> | null> };
  }
}
