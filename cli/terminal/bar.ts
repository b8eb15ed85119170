/** In characters. */
export const WIDTH = 24;
const EIGHTHS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'] as const;

/** A horizontal bar; the largest value fills it. */
export function bar(value: number, largest: number): string {
  if (!(value > 0 && largest > 0)) return '';
  const eighths = Math.max(1, Math.round((value / largest) * WIDTH * EIGHTHS.length));
  return '█'.repeat(Math.floor(eighths / EIGHTHS.length)) + (EIGHTHS[eighths % EIGHTHS.length] ?? '');
}
