/** Which names say that what they hold is about a person. docs/access.md has the same list in words. */

/** A name with one of these words in it: `userEmail`, `shipping_phone`, `client-ip`. */
const WORDS: ReadonlySet<string> = new Set([
  ...['email', 'emails', 'mail', 'mails', 'phone', 'phones', 'telephone', 'mobile', 'fax', 'ip', 'ips'],
  ...['address', 'addresses', 'street', 'zip', 'birthday', 'birthdate', 'latitude', 'longitude'],
]);

/** A name that is one of these, however it is written: `firstName`, `first_name`. */
const WHOLE: ReadonlySet<string> = new Set([
  ...[
    'firstname',
    'lastname',
    'middlename',
    'fullname',
    'givenname',
    'familyname',
    'surname',
    'nickname',
    'displayname',
  ],
  ...['username', 'avatar', 'dateofbirth', 'dob', 'postalcode', 'postcode', 'zipcode', 'ssn', 'iban'],
  ...['emailaddress', 'phonenumber', 'phonenumbers', 'ipaddress', 'telephonenumber', 'mobilenumber', 'useremail'],
]);

const NAMES_KEPT = 10_000;
const known = new Map<string, boolean>();

/** Of a property, a trait, or anything inside of one. */
export function isPersonalName(name: string): boolean {
  const before = known.get(name);
  if (before !== undefined) return before;
  const words = name
    .replace(/([\p{Ll}\d])(\p{Lu})/gu, '$1 $2')
    .toLowerCase()
    .split(/[^\p{L}\d]+/u)
    // email2
    .map((word) => word.replace(/\d+$/, ''));
  const personal = words.some((word) => WORDS.has(word)) || WHOLE.has(words.join(''));
  // Senders choose the names, and may make up as many as they like.
  if (known.size >= NAMES_KEPT || name.length > NAME_LENGTH_MAX) known.clear();
  else known.set(name, personal);
  return personal;
}

const NAME_LENGTH_MAX = 64;
