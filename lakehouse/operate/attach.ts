/**
 * What to say to other engines so that they read the table as their own. Pure. `bun run test:interop` runs every
 * statement, as it is printed, on a folder and on a bucket.
 */
import { tableLocation, uriOf } from '../catalog/objects.ts';
import type { Snapshot } from '../catalog/snapshot.ts';
import type { TableFile } from '../catalog/table-file.ts';

export const ENGINES = ['duckdb', 'duckdb-files', 'spark', 'pyiceberg', 'clickhouse'] as const;
export type Engine = (typeof ENGINES)[number];

/** Where other engines find the lake. */
export interface Place {
  /** `file:///var/inlet/lake`, `s3://bucket`. */
  readonly lake_uri: string;
  /** Of the S3 server, where there is one; its keys come from the environment of who reads. */
  readonly s3: { readonly endpoint: string; readonly region: string } | null;
}

export interface Statement {
  readonly engine: Engine;
  readonly title: string;
  /** What the reader has to know before. */
  readonly notes: readonly string[];
  /** Complete: to be pasted into the engine, or into a shell. */
  readonly text: string;
}

/** The environment variables that hold the keys of the bucket: printed in place of what they hold. */
export const KEY_NAMES = { id: 'INLET_S3_ACCESS_KEY_ID', secret: 'INLET_S3_SECRET_ACCESS_KEY' } as const;

const ICEBERG = 'org.apache.iceberg:iceberg-spark-runtime-3.5_2.12:1.9.2';
const HADOOP_S3 = 'org.apache.hadoop:hadoop-aws:3.3.4';
const COUNT = 'select type, count(*) as events from events group by type order by type;';

/**
 * @param files of the snapshot
 * @throws Error for a lake that is neither a folder nor a bucket
 */
export function statementsFor(place: Place, snapshot: Snapshot, files: readonly TableFile[]): Statement[] {
  if (!/^(file|s3):\/\//.test(place.lake_uri)) {
    throw new Error(`Engines attach to file:///… and s3://…, not to ${place.lake_uri}: set INLET_LAKE_URI`);
  }
  return [
    {
      engine: 'duckdb',
      title: 'DuckDB CLI, with the iceberg extension',
      notes: ['Each query reads the newest snapshot.'],
      text: lines(
        'install iceberg;',
        'load iceberg;',
        ...duckdbSecret(place),
        `create view events as from iceberg_scan(${quoted(tableLocation(place.lake_uri))});`,
        COUNT,
      ),
    },
    {
      engine: 'duckdb-files',
      title: 'DuckDB CLI, without it',
      notes: [
        `Stays at snapshot ${snapshot.version}; its files stay while ten later ones are made, and for INLET_GRACE_MINUTES.`,
      ],
      text: lines(...duckdbSecret(place), duckdbFiles(place, files), COUNT),
    },
    {
      engine: 'spark',
      title: 'Spark 3.5, in a shell',
      notes: ['Scala 2.13 and other versions of Spark have an Iceberg runtime of their own.'],
      text: spark(place),
    },
    {
      engine: 'pyiceberg',
      title: 'pyiceberg with pyarrow, in Python',
      notes: ['It reads the snapshot that is the newest when it begins.'],
      text: pyiceberg(place),
    },
    {
      engine: 'clickhouse',
      title: 'ClickHouse, here as chdb, in Python',
      notes: place.lake_uri.startsWith('file:')
        ? ['Only files below the working folder can be read; a server reads below its user_files_path.']
        : [],
      text: clickhouse(place),
    },
  ];
}

function lines(...some: readonly string[]): string {
  return `${some.join('\n')}\n`;
}

/** A text as an SQL literal. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

function duckdbSecret({ lake_uri, s3 }: Place): string[] {
  if (!lake_uri.startsWith('s3:')) return [];
  const { host, protocol } = new URL(s3?.endpoint ?? 'https://s3.amazonaws.com');
  return [
    'install httpfs;',
    'load httpfs;',
    'create secret inlet (',
    `  type s3, key_id getenv('${KEY_NAMES.id}'), secret getenv('${KEY_NAMES.secret}'),`,
    `  endpoint ${quoted(host)}, region ${quoted(s3?.region ?? 'us-east-1')}, url_style 'path', use_ssl ${protocol === 'https:'}`,
    ');',
  ];
}

/** Files of before a column was added lack it, and the folders repeat what is in the files. */
function duckdbFiles({ lake_uri }: Place, files: readonly TableFile[]): string {
  if (files.length === 0) return '-- There is no file yet: run inlet compact first.';
  const uris = files.map(({ key }) => `  ${quoted(uriOf(tableLocation(lake_uri), key))}`);
  return `create view events as from read_parquet([\n${uris.join(',\n')}\n], union_by_name = true, hive_partitioning = false);`;
}

function spark({ lake_uri, s3 }: Place): string {
  const isS3 = lake_uri.startsWith('s3:');
  const settings: Record<string, string> = {
    'spark.sql.catalog.inlet': 'org.apache.iceberg.spark.SparkCatalog',
    'spark.sql.catalog.inlet.type': 'hadoop',
    'spark.sql.catalog.inlet.warehouse': lake_uri,
    'spark.sql.session.timeZone': 'UTC',
    ...(isS3
      ? {
          'spark.hadoop.fs.s3.impl': 'org.apache.hadoop.fs.s3a.S3AFileSystem',
          'spark.hadoop.fs.s3a.path.style.access': 'true',
          'spark.hadoop.fs.s3a.endpoint.region': s3?.region ?? 'us-east-1',
          ...(s3 === null ? {} : { 'spark.hadoop.fs.s3a.endpoint': s3.endpoint }),
        }
      : {}),
  };
  const keys = isS3 ? [`AWS_ACCESS_KEY_ID="$${KEY_NAMES.id}" AWS_SECRET_ACCESS_KEY="$${KEY_NAMES.secret}" \\`] : [];
  return lines(
    ...keys,
    `spark-sql --packages ${[ICEBERG, ...(isS3 ? [HADOOP_S3] : [])].join(',')} \\`,
    ...Object.entries(settings).map(([name, value]) => `  --conf ${name}=${value} \\`),
    `  -e '${COUNT.replace('from events', 'from inlet.`table`')}'`,
  );
}

function pyiceberg({ lake_uri, s3 }: Place): string {
  const location = JSON.stringify(tableLocation(lake_uri));
  const isS3 = lake_uri.startsWith('s3:');
  return lines(
    ...(isS3 ? ['import os'] : []),
    'from pyiceberg.table import StaticTable',
    '',
    ...(isS3
      ? [
          `table = StaticTable.from_metadata(${location}, {`,
          ...(s3 === null ? [] : [`    "s3.endpoint": ${JSON.stringify(s3.endpoint)},`]),
          `    "s3.region": ${JSON.stringify(s3?.region ?? 'us-east-1')},`,
          `    "s3.access-key-id": os.environ["${KEY_NAMES.id}"],`,
          `    "s3.secret-access-key": os.environ["${KEY_NAMES.secret}"],`,
          '})',
        ]
      : [`table = StaticTable.from_metadata(${location})`]),
    'events = table.scan().to_arrow()',
    'print(events.group_by("type").aggregate([([], "count_all")]).sort_by("type").to_pylist())',
  );
}

function clickhouse({ lake_uri, s3 }: Place): string {
  if (lake_uri.startsWith('file:')) {
    const path = new URL(tableLocation(lake_uri)).pathname;
    return lines('import chdb', '', `print(chdb.query("""${clickhouseCount(`icebergLocal(${quoted(path)})`)}"""))`);
  }
  const endpoint = s3?.endpoint ?? 'https://s3.amazonaws.com';
  const url = `${endpoint.replace(/\/$/, '')}/${tableLocation(lake_uri).slice('s3://'.length)}`;
  const table = `iceberg(${quoted(url)}, '{key}', '{secret}')`;
  return lines(
    'import os',
    'import chdb',
    '',
    `key, secret = os.environ["${KEY_NAMES.id}"], os.environ["${KEY_NAMES.secret}"]`,
    `print(chdb.query(f"""${clickhouseCount(table)}"""))`,
  );
}

function clickhouseCount(table: string): string {
  return COUNT.replace('from events', `from ${table}`).replace(';', '');
}
