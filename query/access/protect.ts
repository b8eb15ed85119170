/**
 * The one place where access is decided: around the resolvers, whoever wrote them. Scopes on the way in, masks on the way
 * out, and a note of whose data it was.
 */
import {
  defaultFieldResolver,
  type GraphQLField,
  type GraphQLFieldResolver,
  type GraphQLSchema,
  getNamedType,
  isInterfaceType,
  isObjectType,
} from 'graphql';
import type { Scope } from '../../schemas/scopes.ts';
import type { PropertyFilter } from '../resolve/property-filters.ts';
import { refusal } from '../serve/errors.ts';
import { MASKS, SCOPE_OF_OTHERS, SCOPE_OF_TYPE } from './fields.ts';
import { seenFilters } from './personal-filters.ts';
import { may, type Reading } from './reading.ts';

type Resolver = GraphQLFieldResolver<unknown, Reading>;
type Field = GraphQLField<unknown, Reading>;

/** Changes the resolvers of this schema. @returns the same schema */
export function protect(schema: GraphQLSchema): GraphQLSchema {
  for (const root of [schema.getQueryType(), schema.getSubscriptionType()]) {
    for (const field of Object.values(root?.getFields() ?? {})) protectRoot(field);
  }
  for (const field of Object.values(fieldsOf(schema, 'User'))) protectUserField(field);
  for (const field of Object.values(fieldsOf(schema, 'Group'))) protectGroupField(field);
  for (const [name, mask] of Object.entries(MASKS)) {
    const [type = '', fieldName = ''] = name.split('.');
    const field = fieldsOf(schema, type)[fieldName];
    if (field === undefined) continue;
    const resolve = resolverOf(field);
    field.resolve = (source, args, reading, info) => {
      const value = resolve(source, args, reading, info);
      if (may(reading, 'personal_data')) return value;
      return value instanceof Promise ? value.then(mask) : mask(value);
    };
  }
  return schema;
}

function fieldsOf(schema: GraphQLSchema, name: string): Record<string, Field> {
  const type = schema.getType(name);
  return isObjectType(type) ? type.getFields() : {};
}

function resolverOf({ resolve }: Field): Resolver {
  return resolve ?? defaultFieldResolver;
}

function protectRoot(field: Field): void {
  const type = getNamedType(field.type);
  const resolve = resolverOf(field);
  const { subscribe } = field;
  // What an interface stands for is known once it is there.
  const scope = isInterfaceType(type) ? null : scopeOf(type.name);
  field.resolve = async (source, args, reading, info) => {
    if (scope !== null) require(reading, scope);
    const value: unknown = await resolve(source, args, reading, info);
    if (scope === null) require(reading, scopeOf(String(propertyOf(value, '__typename'))), value === null);
    noteFound(reading, field.name, type.name, value);
    return value;
  };
  if (subscribe === undefined || subscribe === null) return;
  field.subscribe = (source, args, reading, info) => {
    require(reading, scope ?? SCOPE_OF_OTHERS);
    const user: unknown = args.user;
    if (typeof user === 'string') reading.trail.users.add(user);
    reading.trail.fields.add(field.name);
    return subscribe(source, args, reading, info);
  };
}

function scopeOf(type: string): Scope {
  return SCOPE_OF_TYPE[type] ?? SCOPE_OF_OTHERS;
}

/** @throws GraphQLError scope_missing, unless there is nothing to hide */
function require(reading: Reading, scope: Scope, nothing = false): void {
  if (!nothing && !may(reading, scope)) throw refusal('scope_missing', scope);
}

/** An event or a page that the query itself gives out. What it gives of a user is noted by the user's fields. */
function noteFound({ trail }: Reading, name: string, type: string, value: unknown): void {
  const user = propertyOf(value, 'user');
  if (typeof user === 'string') trail.users.add(user);
  const isEvent = typeof user === 'string';
  if (!isEvent && propertyOf(value, 'edges') === undefined) return;
  trail.fields.add(name);
  if (type !== 'GroupConnection') trail.events += isEvent ? 1 : edgesOf(value).length;
}

/** These say no more than what was asked for. */
const OF_THE_QUESTION: ReadonlySet<string> = new Set(['id', 'nodeId']);

function protectUserField(field: Field): void {
  if (OF_THE_QUESTION.has(field.name)) return;
  const resolve = resolverOf(field);
  field.resolve = async (source, args, reading, info) => {
    const { trail } = reading;
    trail.users.add(String(propertyOf(source, 'id')));
    trail.fields.add(field.name);
    const value: unknown = await resolve(source, seen(reading, args), reading, info);
    trail.events += edgesOf(value).length;
    return value;
  };
}

/** What it says of the group is `group`; of its members each is a user of whom was read. */
function protectGroupField(field: Field): void {
  if (OF_THE_QUESTION.has(field.name)) return;
  const resolve = resolverOf(field);
  field.resolve = async (source, args, reading, info) => {
    const { users, fields } = reading.trail;
    fields.add(field.name === 'members' ? 'members' : 'group');
    const value: unknown = await resolve(source, args, reading, info);
    for (const edge of edgesOf(value)) users.add(String(propertyOf(propertyOf(edge, 'node'), 'id')));
    return value;
  };
}

function seen(reading: Reading, args: Record<string, unknown>): Record<string, unknown> {
  if (!isFilters(args.where) || may(reading, 'personal_data')) return args;
  return { ...args, where: seenFilters(args.where) };
}

function isFilters(value: unknown): value is readonly PropertyFilter[] {
  return Array.isArray(value);
}

/** What a connection gives out. */
function edgesOf(value: unknown): readonly unknown[] {
  const edges: unknown = propertyOf(value, 'edges');
  return Array.isArray(edges) ? edges : [];
}

function propertyOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}
