/** GraphQL in the documents fits the schema. */
import { buildSchema, type DocumentNode, Kind, parse, print, validate, visit } from 'graphql';
import { describe, expect, it } from 'vitest';
import { codeBlocks, type Document, documents, readDocument } from './documents.ts';

const sdl = readDocument('schemas/graphql/schema.graphql').text;
const schema = buildSchema(sdl);
const fieldsOfSchema = fieldsOf(parse(sdl));

/** `graphql` blocks, and what curl commands send as `"query"`. */
function graphqlOf(document: Document): string[] {
  const sent = codeBlocks(document, 'bash').flatMap((code) =>
    [...code.matchAll(/'(\{"query":.*?\})'/g)].map(([, body = '']): unknown => Reflect.get(JSON.parse(body), 'query')),
  );
  return [...codeBlocks(document, 'graphql'), ...sent.map(String)];
}

/** `User.events(from: DateTime, …): EventConnection!` and so on, without descriptions. */
function fieldsOf(document: DocumentNode): string[] {
  return document.definitions.flatMap((definition) => {
    if (definition.kind !== Kind.OBJECT_TYPE_DEFINITION) return [];
    return (definition.fields ?? []).map((field) => `${definition.name.value}.${print(withoutTexts(field))}`);
  });
}

function withoutTexts<Node extends Parameters<typeof print>[0]>(node: Node): Node {
  return visit(node, {
    enter: (inner) => ('description' in inner ? { ...inner, description: undefined } : undefined),
  });
}

const examples = documents().flatMap((document) =>
  graphqlOf(document).map((text, position) => [`${document.path}, ${position + 1}`, parse(text)] as const),
);

describe('GraphQL in the documents', () => {
  it.each(examples)('%s fits the schema', (_, example) => {
    const isQuery = example.definitions.every(({ kind }) => kind === Kind.OPERATION_DEFINITION);
    const problems = isQuery ? validate(schema, example).map(({ message }) => message) : [];
    const strangers = fieldsOf(example).filter((field) => !fieldsOfSchema.includes(field));
    expect([...problems, ...strangers]).toEqual([]);
  });

  it('there are some', () => {
    expect(examples.length).toBeGreaterThan(3);
  });
});
