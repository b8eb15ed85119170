/** A window of rows, turned into the leaves of the schema, which is what Parquet calls columns. */
import {
  COLUMNS,
  type ColumnName,
  type ColumnSpec,
  type EventRow,
  PRODUCT_FIELDS,
  type Product,
} from '../../../schemas/columns.ts';

export type Scalar = string | number | boolean;
export type LeafType = Exclude<ColumnSpec['type'], 'products'> | 'double';

/** Of a flat leaf each row is a place; of a repeated one each element, and each row that has none. */
export interface Places {
  count: number;
  /** Definition levels where there is no value. Empty where all are 0. */
  readonly depths: number[];
  /** 1 in an element that is not the first of its row. Empty where nothing repeats. */
  readonly repetitions: number[];
}

export interface Leaf {
  readonly path: string[];
  readonly type: LeafType;
  /** Definition level of a value; 0 where there always is one. */
  readonly definition_max: number;
  readonly places: Places;
  /** A value or null for each place; what comes after is of an earlier window. */
  readonly cells: (Scalar | null)[];
}

type FlatName = Exclude<ColumnName, 'products'>;

/** Arrays are filled again for each window: new ones of that length cost more than all else that is done with them. */
export class Window {
  readonly leaves: readonly Leaf[];
  readonly #rows: Places = { count: 0, depths: [], repetitions: [] };
  readonly #elements: Places = { count: 0, depths: [], repetitions: [] };
  readonly #columns: { name: FlatName; cells: (Scalar | null)[] }[] = [];
  readonly #fields: { name: keyof Product; cells: (Scalar | null)[] }[] = [];

  constructor() {
    this.leaves = COLUMNS.flatMap((column) => {
      if (column.type === 'products') return PRODUCT_FIELDS.map((field) => this.#field(column.name, field));
      return [this.#column(column.name, column.type, column.nullable)];
    });
  }

  #column(name: FlatName, type: LeafType, nullable: boolean): Leaf {
    const cells: (Scalar | null)[] = [];
    this.#columns.push({ name, cells });
    return { path: [name], type, definition_max: nullable ? 1 : 0, places: this.#rows, cells };
  }

  #field(column: string, { name, type }: (typeof PRODUCT_FIELDS)[number]): Leaf {
    const cells: (Scalar | null)[] = [];
    this.#fields.push({ name, cells });
    return { path: [column, 'list', 'element', name], type, definition_max: 4, places: this.#elements, cells };
  }

  get row_count(): number {
    return this.#rows.count;
  }

  /** Row by row: the values of a row lie near each other in memory, those of a column do not. */
  fill(rows: readonly EventRow[]): void {
    let place = 0;
    this.#elements.count = 0;
    for (const row of rows) {
      for (const { name, cells } of this.#columns) cells[place] = row[name];
      place += 1;
      this.#addProducts(row.products);
    }
    this.#rows.count = place;
  }

  #addProducts(products: readonly Product[] | null): void {
    if (products === null) this.#addElement(null, 0, 0);
    else if (products.length === 0) this.#addElement(null, 1, 0);
    else for (const [index, product] of products.entries()) this.#addElement(product, 3, index === 0 ? 0 : 1);
  }

  #addElement(product: Product | null, depth: number, repetition: number): void {
    const { count, depths, repetitions } = this.#elements;
    depths[count] = depth;
    repetitions[count] = repetition;
    for (const { name, cells } of this.#fields) cells[count] = product === null ? null : product[name];
    this.#elements.count += 1;
  }
}
