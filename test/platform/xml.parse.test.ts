import { describe, expect, it } from 'vitest';
import { childText, escapeXml, parseXml } from '../../platform/bun/xml.ts';

describe('XML of object stores', () => {
  it('is read with its entities, attributes passed over', () => {
    const xml = `<?xml version="1.0" encoding="UTF-8"?>
      <R xmlns="http://example.com/"><Key>a&lt;b&amp;&#233;&#x1F600;</Key><Empty/><Key>two</Key></R>`;
    const root = parseXml(xml);
    expect(root.children.map(({ name, text }) => [name, text])).toEqual([
      ['Key', 'a<b&é😀'],
      ['Empty', ''],
      ['Key', 'two'],
    ]);
    expect(childText(root, 'Key')).toBe('a<b&é😀');
    expect(childText(root, 'Absent')).toBeNull();
  });

  it('comes back as it was written', () => {
    const text = `<&>"' &amp; ]]>`;
    expect(parseXml(`<A>${escapeXml(text)}</A>`).text).toBe(text);
  });

  it('throws on anything else', () => {
    const broken = [
      '',
      'text',
      '<a>',
      '<a></b>',
      '</a>',
      '<a/><b/>',
      '<a>&nope;</a>',
      '<a>&</a>',
      '<a',
      '<!DOCTYPE a><a/>',
    ];
    for (const xml of broken) expect(() => parseXml(xml), xml).toThrow(SyntaxError);
  });
});
