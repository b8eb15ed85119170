/** The column table as Markdown, for `docs/data-model.md`. */
import { COLUMNS, PRODUCT_FIELDS } from '../../schemas/columns.ts';

export function columnsMarkdown(): string {
  const columns = COLUMNS.map(({ id, name, type, nullable, text }) => [
    String(id),
    `\`${name}\``,
    type === 'products' ? `list of ${productType()}` : type,
    nullable ? 'yes' : 'no',
    text,
  ]);
  const lines = [['id', 'column', 'type', 'null', 'meaning'], ['---:', '---', '---', '---', '---'], ...columns];
  return `${lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n')}\n`;
}

function productType(): string {
  return `(${PRODUCT_FIELDS.map(({ name, type }) => `${name} ${type}`).join(', ')})`;
}
