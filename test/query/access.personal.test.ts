import { describe, expect, test } from 'vitest';
import { MASKED, maskBody, maskPersonal, maskText, maskTraits } from '../../query/access/personal.ts';
import { isPersonalName } from '../../query/access/personal-names.ts';

describe('personal by its name', () => {
  test.each([
    ...['email', 'Email', 'e-mail', 'userEmail', 'USER_EMAIL', 'contact.email', 'email2', 'billing_email_address'],
    ...['phone', 'phoneNumber', 'mobile', 'homePhone2', 'fax', 'ip', 'clientIp', 'client-ip', 'IP', 'ipAddress'],
    ...['firstName', 'first_name', 'LastName', 'username', 'birthday', 'date_of_birth', 'avatar', 'shippingAddress'],
    ...['street', 'postal_code', 'postalCode', 'zip', 'latitude', 'longitude'],
  ])('%s is', (name) => {
    expect(isPersonalName(name)).toBe(true);
  });

  test.each([
    ...['name', 'product_name', 'category', 'price', 'ship', 'zipper', 'description', 'tip', 'recipe', 'script'],
    ...['headphones', 'phoneme', 'emailer', 'city', 'country', 'id', 'constructor', '__proto__', ''],
  ])('%s is not', (name) => {
    expect(isPersonalName(name)).toBe(false);
  });
});

describe('personal by what it looks like', () => {
  test.each([
    ['ada@example.com', MASKED],
    ['Ada <ada.l+x@mail.example.co.uk>, hello', `Ada <${MASKED}>, hello`],
    ['https://shop.example/?mail=ada%40example.com&x=1', `https://shop.example/?mail=${MASKED}&x=1`],
    ['a@b.de and c@d.fr', `${MASKED} and ${MASKED}`],
    ['jürgen@müller.de', MASKED],
    ['203.0.113.9', MASKED],
    ['203.0.113.9:443', MASKED],
    ['2001:db8::1', MASKED],
    ['::ffff:203.0.113.9', MASKED],
    ['+49 (30) 123-4567', MASKED],
    ['+4930123456', MASKED],
  ])('%s is hidden', (text, masked) => {
    expect(maskText(text)).toBe(masked);
  });

  test.each([
    'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/120.0.0.0 Safari/537.36',
    ...[
      '2026-01-31T10:00:00.000Z',
      '10:30',
      '12:30:45',
      '9.50',
      '1234567890',
      '+5',
      '@ada',
      'a@b',
      'ratio 3@5.5',
      '::',
    ],
  ])('%s is not', (text) => {
    expect(maskText(text)).toBe(text);
  });

  test('a version is no address', () => {
    expect(maskPersonal({ app: { version: '1.2.3.4', host: '1.2.3.4' } })).toEqual({
      app: { version: '1.2.3.4', host: MASKED },
    });
  });

  test.each([
    ['letters before no @', 'a'.repeat(65_536)],
    ['an @ after many letters', `${'a'.repeat(65_536)}@`],
    ['many of them', 'a@'.repeat(32_768)],
    ['long names of hosts', `${`a@${'b'.repeat(60)}.`.repeat(1_000)}`],
    ['colons', ':'.repeat(65_536)],
  ])('%s take no time', { timeout: 2_000 }, (_, text) => {
    for (let times = 0; times < 5; times += 1) maskText(text);
  });
});

describe('what is masked', () => {
  test('an event as shops send it', () => {
    const properties = {
      email: 'ada@example.com',
      products: [{ name: 'Lamp', price: 9.5, note: 'for bob@example.com' }],
      shipping_address: { street: 'Main 1', city: 'Bonn', number: 7, gift: true, floor: null },
      total: 9.5,
    };
    const before = structuredClone(properties);
    expect(maskPersonal(properties)).toEqual({
      email: MASKED,
      products: [{ name: 'Lamp', price: 9.5, note: `for ${MASKED}` }],
      shipping_address: { street: MASKED, city: MASKED, number: MASKED, gift: true, floor: null },
      total: 9.5,
    });
    expect(properties).toEqual(before);
  });

  test('a name is that of a person in traits only, and in the traits of a context', () => {
    expect(maskTraits({ name: 'Ada', plan: 'pro', company: { name: 'Acme' } })).toEqual({
      name: MASKED,
      plan: 'pro',
      company: { name: 'Acme' },
    });
    expect(maskPersonal({ name: 'Lamp', traits: { name: 'Ada' }, app: { name: 'Shop' } })).toEqual({
      name: 'Lamp',
      traits: { name: MASKED },
      app: { name: 'Shop' },
    });
  });

  test('a name that is itself an email', () => {
    expect(maskPersonal({ 'ada@example.com': 1 })).toEqual({ [MASKED]: 1 });
  });

  test('what lies too deep, and what no JSON is', () => {
    let deep: unknown = 'x';
    for (let level = 0; level < 20_000; level += 1) deep = [deep];
    expect(JSON.stringify(maskPersonal(deep))).toContain(MASKED);
    expect([null, undefined, true, 5, ''].map(maskPersonal)).toEqual([null, undefined, true, 5, '']);
    const odd: unknown = JSON.parse('{"__proto__":{"email":"x"},"constructor":1}');
    expect(JSON.stringify(maskPersonal(odd))).toBe(`{"__proto__":{"email":"${MASKED}"},"constructor":1}`);
  });

  test('a body that was refused: inside when it is JSON, whole when it is not', () => {
    expect(maskBody('{"traits":{"name":"Ada"},"email":"a","event":"X"}')).toBe(
      `{"traits":{"name":"${MASKED}"},"email":"${MASKED}","event":"X"}`,
    );
    expect(maskBody('{"traits":{"phone":"0301234')).toBe(MASKED);
  });
});
