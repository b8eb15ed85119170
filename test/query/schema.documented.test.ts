/** The schema is what services read first. */
import { buildSchema, isEnumType, isInputObjectType, isInterfaceType, isObjectType } from 'graphql';
import { expect, test } from 'vitest';
import sdl from '../../schemas/graphql/schema.graphql' with { type: 'text' };

const types = Object.values(buildSchema(sdl).getTypeMap()).filter(({ astNode }) => astNode !== undefined);

test.each(types.map((type) => [type.name, type] as const))('%s and all of its fields say what they are', (_, type) => {
  const fields =
    isObjectType(type) || isInterfaceType(type) || isInputObjectType(type) ? Object.values(type.getFields()) : [];
  const values = isEnumType(type) ? type.getValues() : [];
  const silent = [type, ...fields, ...values].filter(({ description }) => (description ?? '').trim() === '');
  expect(silent.map(({ name }) => name)).toEqual([]);
});

test('there are some', () => {
  expect(types.length).toBeGreaterThan(20);
});
