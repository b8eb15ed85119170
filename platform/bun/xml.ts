export interface XmlElement {
  readonly name: string;
  readonly children: XmlElement[];
  text: string;
}

/** A tag (closing, name, self-closing), the declaration, or text. Comments, CDATA and doctypes are not taken. */
const TOKEN = /<(\/?)([A-Za-z_][\w.:-]*)(?:\s+[\w.:-]+="[^"<]*")*\s*(\/?)>|<\?xml[^?<>]*\?>|[^<]+/y;

const ENTITIES: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };

/** Parses the plain XML with which object stores answer; attributes are passed over. @throws SyntaxError */
export function parseXml(xml: string): XmlElement {
  const document: XmlElement = { name: '', children: [], text: '' };
  const open = [document];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < xml.length) {
    const token = TOKEN.exec(xml);
    const parent = open.at(-1);
    if (token === null || parent === undefined) throw new SyntaxError('the XML is broken');
    const [whole, closing, name, selfClosing] = token;
    if (name === undefined) {
      if (!whole.startsWith('<')) parent.text += decodeText(whole);
    } else if (closing === '/') {
      if (open.length === 1 || parent.name !== name) throw new SyntaxError(`the XML closes ${name}, which is not open`);
      open.pop();
    } else {
      const element = { name, children: [], text: '' };
      parent.children.push(element);
      if (selfClosing === '') open.push(element);
    }
  }
  const [root] = document.children;
  if (open.length > 1 || root === undefined || document.children.length > 1) throw new SyntaxError('the XML is cut');
  return root;
}

/** The text of the only child of that name; null when there is none. */
export function childText(element: XmlElement, name: string): string | null {
  return element.children.find((child) => child.name === name)?.text ?? null;
}

export function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

function decodeText(text: string): string {
  return text.replace(/&(?:#(\d+)|#x([\da-f]+)|(\w+));|&/gi, (whole, decimal, hex, name) => {
    if (decimal !== undefined) return String.fromCodePoint(Number(decimal));
    if (hex !== undefined) return String.fromCodePoint(Number.parseInt(hex, 16));
    const character = ENTITIES[String(name)];
    if (character === undefined) throw new SyntaxError(`the XML has an unknown entity: ${whole}`);
    return character;
  });
}
