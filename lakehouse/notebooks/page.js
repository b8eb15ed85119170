// Runs in the page, after `tables` (rows of the SQL cells by name) and `cells` (the JavaScript cells).
const isTime = (type) => type === 'DATE' || type.startsWith('TIMESTAMP');
const timeOf = (text) => new Date(text.length === 10 ? text : `${text.slice(0, 23).replace(' ', 'T')}Z`);

/** Rows as objects, with dates as dates. */
function rowsOf({ columns, rows }) {
  return rows.map((row) => {
    const entries = columns.map(({ name, type }, index) => {
      const value = row[index];
      return [name, typeof value === 'string' && isTime(type) ? timeOf(value) : value];
    });
    return new Proxy(Object.fromEntries(entries), { get: columnOf });
  });
}

/** A column that there is not would draw a chart of nothing, without a word. */
function columnOf(row, name) {
  if (typeof name === 'symbol' || name in row || name === 'toJSON' || name === 'then') return row[name];
  throw new Error(`There is no column "${name}" in ${Object.keys(row).join(', ')}.`);
}

function show(section, value, className = '') {
  const text = () => Object.assign(document.createElement('pre'), { textContent: String(value), className });
  section.append(value instanceof Node ? value : text());
  return value;
}

const byName = Object.fromEntries(Object.entries(tables).map(([name, table]) => [name, rowsOf(table)]));

const ran = cells.map(([id, run]) => {
  const section = document.getElementById(`cell-${id}`);
  const display = (value) => show(section, value);
  return run(Plot, d3, display, section.clientWidth, byName)
    .then((value) => value !== undefined && display(value))
    .catch((error) => show(section, error, 'error'));
});
Promise.all(ran).then(() => {
  document.body.dataset.ran = '';
});
