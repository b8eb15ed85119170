/** How many shapes the marks of its charts have drawn; axes, grids and rules do not count. */
export function shapesIn(html: string): number {
  const marks = [...html.matchAll(/<g aria-label="(?:bar|rect|cell|dot|line)"[^>]*>([\s\S]*?)<\/g>/g)];
  return marks.reduce((total, [, mark = '']) => total + [...mark.matchAll(/<(?:rect|path|circle)\b/g)].length, 0);
}
