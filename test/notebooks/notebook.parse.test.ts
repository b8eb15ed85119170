import { expect, test } from 'vitest';
import { parseNotebook } from '../../lakehouse/notebooks/notebook.ts';

const wrap = (cells: string): string =>
  `<!doctype html>\n<notebook theme="air">\n<title>Sales</title>\n${cells}\n</notebook>`;

test('cells come in their order, without the indentation they share', () => {
  const text = wrap(`  <script id="7" type="text/markdown">
    # Sales

      code
  </script>
  <script type="application/sql" database="duckdb" output="rows" hidden>
    select 1
  </script>`);
  expect(parseNotebook('sales', text)).toEqual({
    name: 'sales',
    title: 'Sales',
    cells: [
      { id: '7', kind: 'markdown', source: '# Sales\n\n  code', line: 4, output: null, hidden: false },
      { id: '2', kind: 'sql', source: 'select 1', line: 9, output: 'rows', hidden: true },
    ],
  });
});

test.each([
  ['a type that is none', '<script type="text/x-python">1</script>', 'sales.html:4: cells have a type of'],
  [
    'an id twice',
    '<script id="1" type="module">1</script>\n<script id="1" type="module">2</script>',
    ':5: id 1 is taken',
  ],
  [
    'an output that is no name',
    '<script type="application/sql" output="a-b">select 1</script>',
    'a name of JavaScript',
  ],
  ['a placeholder in SQL', `<script type="application/sql">select \${x}</script>`, 'only JavaScript cells'],
])('%s is refused with file and line', (_, cells, message) => {
  expect(() => parseNotebook('sales', wrap(cells))).toThrow(message);
});

test('a file without a notebook is refused', () => {
  expect(() => parseNotebook('sales', '<html></html>')).toThrow('sales.html has no <notebook> element.');
});
