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

/** What it decompresses, by the names of Parquet. */
declare module 'parquetjs-lite/lib/compression.js' {
  const compression: { PARQUET_COMPRESSION_METHODS: Record<string, { inflate(bytes: Uint8Array): Uint8Array }> };
  export default compression;
}

/** What it decodes, by the names of Parquet. */
declare module 'parquetjs-lite/lib/codec/index.js' {
  const codecs: Record<string, unknown>;
  export default codecs;
}
